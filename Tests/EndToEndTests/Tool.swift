import Foundation
import TestSupport
import Testing

/// The built executable, run as a stranger runs it: in a folder of its own, by its arguments.
struct Tool {
  /// What a run left.
  struct Outcome {
    let status: Int32
    let output: Data
    let errors: String
  }

  /// The working directory of every run; it exists as long as the test.
  let folder: String

  /// Calls `body` with a tool in a new folder, and removes the folder.
  static func inFolder<Result>(_ body: (Tool) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fedkseed-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(Tool(folder: folder))
  }

  /// The executable: the build puts it beside the test bundle.
  static var executable: URL {
    get throws {
      let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return URL(filePath: bundle).deletingLastPathComponent().appending(path: "fedkseed")
    }
  }

  /// Runs the tool to its end.
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    try start(arguments, environment: environment).outcome()
  }

  /// The tool at work.
  struct Running {
    /// The process.
    let process: Process
    fileprivate let output, errors: String

    /// Waits for the end.
    func outcome() throws -> Outcome {
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus, output: try Data(contentsOf: URL(filePath: output)),
        errors: String(decoding: try Data(contentsOf: URL(filePath: errors)), as: UTF8.self))
    }
  }

  /// Starts the tool.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
    try start(Self.executable, arguments, environment: environment)
  }

  /// Runs a script of bash, in which `$0` is the tool and `$1` is `argument`, to its end.
  func shell(_ script: String, _ argument: String) throws -> Outcome {
    try start(
      URL(filePath: "/bin/bash"), ["-c", script, Self.executable.path, argument], environment: [:]
    ).outcome()
  }

  private func start(
    _ executable: URL, _ arguments: [String], environment: [String: String]
  ) throws -> Running {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder)
    // The cache of hashes is part of the test's folder too.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["XDG_CACHE_HOME": folder + "/.cache"]) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    // Files, because a full pipe would stop the tool.
    let names = [".output-\(UUID())", ".errors-\(UUID())"]
    for name in names { try write("", to: name) }
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: path(names[0])))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: path(names[1])))
    try process.run()
    return Running(process: process, output: path(names[0]), errors: path(names[1]))
  }

  /// Runs the tool with `--json` and returns what it printed.
  func json<Value: Decodable>(_ arguments: [String], as type: Value.Type) throws -> Value {
    let outcome = try run(arguments + ["--json"])
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: outcome.output)
  }

  /// Returns the path of `name` in the folder.
  func path(_ name: String) -> String { folder + "/" + name }

  /// Returns the content of the file `name` in the folder.
  func read(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

  /// Writes a file in the folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path(name)))
  }

  /// Copies the test model to the folder `name`, for what a test adds or changes.
  ///
  /// - Parameter weights: Whether its weights are copied too.
  func copyModel(to name: String, weights: Bool = true) throws -> String {
    try FileManager.default.createDirectory(
      atPath: path(name), withIntermediateDirectories: true)
    for file in ["config.json", "tokenizer.json"] + (weights ? ["model.safetensors"] : []) {
      try FileManager.default.copyItem(
        atPath: model + "/" + file, toPath: path(name + "/" + file))
    }
    return name
  }

  /// The files in the folder, hidden ones left out.
  var files: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { !$0.hasPrefix(".") }.sorted()
    }
  }
}

/// The path of the test model.
let model = RealInputs.tinyLlama

/// The path of the other test model, which has another identity.
let otherModel = RealInputs.tinyLlama + "/untied-bf16"

/// Options of a run that takes a fraction of a second.
let smallRun = [
  "--data", "synthetic:6", "--template", "raw", "--candidates", "64", "--batch", "4",
  "--held-out", "14", "--estimator", "two-sided",
]
