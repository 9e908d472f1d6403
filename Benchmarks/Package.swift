// swift-tools-version: 6.2
import PackageDescription

// A package of its own: building or testing fedkseed does not build the benchmarks, and these can use
// the public API only, as any user would.

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let linker: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"])]
let fedkseed: Target.Dependency = .product(name: "FedKSeedModules", package: "fedkseed")

/// A suite for `swift package benchmark`.
func suite(_ name: String) -> Target {
  .executableTarget(
    name: name,
    dependencies: [fedkseed, .product(name: "Benchmark", package: "benchmark")],
    path: "Benchmarks/\(name)", swiftSettings: swift, linkerSettings: linker,
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "fedkseed-benchmarks",
  dependencies: [
    .package(name: "fedkseed", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "fedkseed-bench", dependencies: [fedkseed], swiftSettings: swift,
      linkerSettings: linker),
    suite("KernelBenchmarks"),
    suite("StepBenchmarks"),
    suite("ReplayBenchmarks"),
  ]
)
