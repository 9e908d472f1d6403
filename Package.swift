// swift-tools-version: 6.2
import PackageDescription

// The architecture, lowest layer first. A target may depend on lower layers only; the loop at the
// end of this file rejects any other edge.

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

// `-ffp-contract=off`: a product and a sum are two roundings on every CPU, as
// Documentation/Directions.md asks.
let kernelC: [CSetting] = [
  .unsafeFlags([
    "-O3", "-ffp-contract=off", "-fopenmp", "-fno-math-errno",
    "-Wall", "-Wextra", "-Wpedantic", "-Werror",
  ])
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

let layers: [[Target]] = [
  [  // C: instructions, BLAS, gzip. Each has one door: see `doors` below.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CKernels", cSettings: kernelC,
      linkerSettings: [.linkedLibrary("omp5"), .linkedLibrary("m")]),
  ],
  [  // Files, text of other programs, and how both are read and written.
    module("Bytes", ["CZlib"])
  ],
  [  // Vocabulary: settings, shapes and buffers, random numbers, text and tokens, chat, scores.
    module("Settings"),
    module("Tensors"),
    module("CounterRandom"),
    module("Tokenizers", ["Bytes"]),
    module("ChatTemplates"),
    module("Metrics"),
  ],
  [  // The only door to our own C and to BLAS.
    module("Kernels", ["CKernels", "COpenBLAS", "Tensors"])
  ],
  [  // Substrate: mapped weight files, examples.
    module("Weights", ["Bytes", "Kernels", "Tensors", crypto]),
    module("Datasets", ["Bytes", "ChatTemplates", "CounterRandom", "Tokenizers", crypto]),
  ],
  [  // Basis: directions, replay, seed checkpoints. No model.
    module("SeedBasis", ["Bytes", "Kernels", "Tensors", crypto])
  ],
  [  // Method. Neither knows the other: the model asks a weight source for tiles.
    module("LanguageModels", ["Bytes", "CounterRandom", "Kernels", "Tensors", "Weights"]),
    module("SeedDescent", ["Bytes", "CounterRandom", "SeedBasis", "Settings"]),
  ],
  [  // Protocol: rounds, messages, aggregation. No model, no text.
    module(
      "Federation", ["Bytes", "CounterRandom", "SeedBasis", "SeedDescent", "Settings", crypto])
  ],
  [  // Composition: how a client trains, what it costs, how a run is shown.
    module(
      "FineTuning",
      [
        "Bytes", "ChatTemplates", "CounterRandom", "Datasets", "Federation", "Kernels",
        "LanguageModels", "Metrics", "SeedBasis", "SeedDescent", "Settings", "Tensors",
        "Tokenizers",
        "Weights", crypto,
      ]),
    module("Reports"),
    // A client of a federation on a socket; neither a model nor an engine of federations.
    module("Service", ["Bytes", "Federation", crypto]),
  ],
  [  // Measurement: what a step costs, before and after it is taken.
    module(
      "Profiling",
      [
        "Bytes", "CounterRandom", "FineTuning", "Kernels", "LanguageModels", "SeedBasis",
        "SeedDescent", "Tensors", "Weights",
      ])
  ],
  [  // Runs: on disk, stopped and resumed, told about, played again.
    module(
      "Runs",
      [
        "Bytes", "Datasets", "Federation", "FineTuning", "Kernels", "LanguageModels", "Profiling",
        "Reports", "SeedBasis", "SeedDescent", "Service", "Settings", "Tensors", "Weights", yaml,
      ])
  ],
  [  // Tool: arguments and printing.
    .executableTarget(
      name: "fedkseed",
      dependencies: [
        "Bytes", "Datasets", "Federation", "FineTuning", "Kernels", "LanguageModels", "Metrics",
        "Profiling", "Reports", "Runs", "SeedBasis", "SeedDescent", "Service", "Settings",
        "Tensors",
        "Tokenizers", "Weights", arguments,
      ],
      swiftSettings: swift,
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
  ],
]

func tests(
  of name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
    swiftSettings: swift)
}

let tests: [Target] = [
  .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swift),
  tests(of: "Bytes", []),
  tests(of: "Tensors", []),
  tests(of: "CounterRandom", []),
  tests(of: "Tokenizers", ["TestSupport"], exclude: ["Golden"]),
  tests(of: "ChatTemplates", [], exclude: ["Golden"]),
  tests(of: "Metrics", ["Datasets", "TestSupport"], exclude: ["Golden"]),
  tests(of: "Kernels", ["CounterRandom", "Tensors"], exclude: ["Golden"]),
  tests(of: "Weights", ["Bytes", "Kernels", "Tensors", "TestSupport", crypto]),
  tests(of: "Datasets", ["ChatTemplates", "CounterRandom", "TestSupport", "Tokenizers", crypto]),
  tests(
    of: "SeedBasis", ["Bytes", "CounterRandom", "Kernels", "Tensors", "Weights", crypto],
    exclude: ["vectors.json"]),
  tests(
    of: "LanguageModels",
    ["Bytes", "CounterRandom", "Kernels", "Tensors", "TestSupport", "Weights"]),
  tests(of: "SeedDescent", ["CounterRandom", "SeedBasis", "Settings"], exclude: ["Golden"]),
  tests(
    of: "Federation", ["Bytes", "CounterRandom", "SeedBasis", "SeedDescent", "Settings", crypto]),
  tests(
    of: "FineTuning",
    [
      "Bytes", "Datasets", "Federation", "Kernels", "LanguageModels", "Metrics", "SeedBasis",
      "SeedDescent", "Settings", "Tensors", "TestSupport", "Tokenizers", "Weights",
    ]),
  tests(
    of: "Service", ["Bytes", "CounterRandom", "Federation", "SeedBasis", "SeedDescent", "Settings"]),
  tests(of: "Profiling", ["FineTuning", "LanguageModels", "SeedDescent"]),
  tests(of: "Reports", []),
  tests(
    of: "Runs",
    [
      "Datasets", "Federation", "FineTuning", "Kernels", "Reports", "SeedBasis", "SeedDescent",
      "Settings", "TestSupport",
    ]),
  .testTarget(
    name: "EndToEndTests",
    dependencies: ["Bytes", "fedkseed", "Service", "Settings", "TestSupport"],
    exclude: ["Golden"],
    swiftSettings: swift),
]

// What the benchmarks measure; here, so that the guard of scripts/check-instructions builds no more
// than fedkseed does.
let workloads: [Target] = [
  .target(
    name: "Workloads",
    dependencies: [
      "FineTuning", "Kernels", "LanguageModels", "SeedBasis", "Tensors", "SeedDescent",
    ],
    path: "Benchmarks/Sources/Workloads", swiftSettings: swift),
  .executableTarget(
    name: "fedkseed-workload",
    dependencies: [
      "FineTuning", "Kernels", "LanguageModels", "SeedBasis", "SeedDescent", "Tensors", "Workloads",
    ],
    path: "Benchmarks/Sources/fedkseed-workload", swiftSettings: swift,
    linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
]

// Fuzzing of all readers, only where it is asked for: scripts/fuzz.
let fuzzing: [Target] =
  Context.environment["FEDKSEED_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "fedkseed-fuzz",
      dependencies: [
        "Bytes", "ChatTemplates", "Datasets", "Federation", "FineTuning", "Kernels",
        "LanguageModels", "Runs", "SeedBasis", "Service", "Tensors", "Tokenizers", "Weights",
        crypto,
      ],
      path: "Fuzz", exclude: ["Model", "Seeds", "make_seeds.py"], swiftSettings: swift,
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
  ]

/// All targets or, where FEDKSEED_TESTS names modules, their tests and what these need, which is built
/// in a part of the time: scripts/sanitize.
let chosen: [Target] = {
  let all = layers.joined() + tests + workloads + fuzzing
  guard let names = Context.environment["FEDKSEED_TESTS"] else { return Array(all) }
  var (open, found) = (names.split(separator: ",").map { "\($0)Tests" }, Set<String>())
  while let name = open.popLast() {
    guard found.insert(name).inserted else { continue }
    for target in all where target.name == name {
      for case .byNameItem(let needed, _) in target.dependencies { open.append(needed) }
    }
  }
  return all.filter { found.contains($0.name) }
}()
let products: [Product] = [
  .executable(name: "fedkseed", targets: ["fedkseed"]),
  // What the package in Benchmarks/ is built on.
  .library(
    name: "FedKSeedModules",
    targets: [
      "FineTuning", "Kernels", "LanguageModels", "Profiling", "SeedBasis", "Tensors", "Weights",
      "Workloads", "SeedDescent",
    ]),
]

let package = Package(
  name: "fedkseed",
  products: Context.environment["FEDKSEED_TESTS"] == nil ? products : [],
  // Exact versions, as there is no Package.resolved to pin them: Documentation/Trust.md.
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: chosen
)

/// The one target that may depend on each target of C.
let doors = ["COpenBLAS": "Kernels", "CKernels": "Kernels", "CZlib": "Bytes"]

for (level, targets) in layers.enumerated() {
  let below = Set(layers[..<level].joined().map(\.name))
  for target in targets {
    for case .byNameItem(let name, _) in target.dependencies {
      guard below.contains(name), doors[name] ?? target.name == target.name else {
        fatalError("Package.swift: '\(target.name)' (layer \(level)) may not depend on '\(name)'")
      }
    }
  }
}
