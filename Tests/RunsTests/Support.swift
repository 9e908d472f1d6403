import Datasets
import Federation
import FineTuning
import Foundation
import Kernels
import Reports
import Runs
import SeedBasis
import SeedDescent
import Settings
import TestSupport

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
  let path = NSTemporaryDirectory() + "runs-tests-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Copies all files to a new folder.
  func copy() throws -> TemporaryFolder {
    let other = try TemporaryFolder()
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      try FileManager.default.copyItem(atPath: path + "/" + name, toPath: other.path + "/" + name)
    }
    return other
  }

  /// Copies a file of another folder, in the place of ours.
  func take(_ name: String, of other: TemporaryFolder) throws {
    try? FileManager.default.removeItem(atPath: path + "/" + name)
    try FileManager.default.copyItem(
      atPath: other.path + "/" + name, toPath: path + "/" + name)
  }

  func read(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path + "/" + name))
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
  }

  /// Replaces what a pattern matches in a file, and leaves its checksums out, as early versions did.
  func replace(_ pattern: String, in name: String, by text: String) throws {
    let old = String(decoding: try read(name), as: UTF8.self)
    let checksum = #","checksum":"[0-9a-f]{8}""#
    try write(
      old.replacingOccurrences(of: checksum, with: "", options: .regularExpression)
        .replacingOccurrences(of: pattern, with: text, options: .regularExpression), to: name)
  }
}

/// A run of a kind, in a folder, on the generated test model.
protocol Kind: Sendable {
  associatedtype Engine: RunEngine
  static var lineName: String { get }
  static var stateName: String { get }
  static var modelName: String { get }
  static func files(in folder: TemporaryFolder) -> RunFiles
  static func plan(_ length: Int) throws -> RunPlan
  static func record(_ length: Int) -> SettingsRecord
  static func engine(_ run: PreparedRun, _ length: Int, _ monitor: RunMonitor) throws -> Engine
}

/// `tune`, which saves every three steps and measures every two.
enum Local: Kind {
  static let (lineName, stateName, modelName) = (
    "run.steps.jsonl", "run.state.json", "run.kseed"
  )

  static func files(in folder: TemporaryFolder) -> RunFiles {
    RunFiles(tuning: folder.path + "/run.kseed")
  }

  private static func settings(_ length: Int) -> LocalRunSettings {
    var settings = LocalRunSettings(steps: length)
    (settings.checkpointEvery, settings.evaluateEvery) = (3, 2)
    return settings
  }

  static func plan(_ length: Int) throws -> RunPlan { try settings(length).plan() }
  static func record(_ length: Int) -> SettingsRecord {
    settings(length).record
  }

  static func engine(_ run: PreparedRun, _ length: Int, _ monitor: RunMonitor) throws -> Tuning {
    try Tuning(base: run.base, data: run.data, settings: run.method, steps: length)
  }
}

/// `simulate`, with momentum, so that a round depends on the one before.
enum Federated: Kind {
  static let (lineName, stateName, modelName) = ("rounds.jsonl", "state.json", "model.kseed")

  static func files(in folder: TemporaryFolder) -> RunFiles { RunFiles(simulation: folder.path) }

  private static func settings(_ length: Int) -> SimulationSettings {
    var settings = SimulationSettings()
    (settings.clients, settings.localSteps, settings.rounds) = (3, 2, length)
    (settings.partition, settings.serverOptimizer) = ("iid", .momentum(beta: 0.5))
    return settings
  }

  static func plan(_ length: Int) throws -> RunPlan {
    var plan = RunPlan(length: length)
    plan.evaluationInterval = 1
    return plan
  }

  static func record(_ length: Int) -> SettingsRecord {
    settings(length).record(with: TuningSettings())
  }

  static func engine(
    _ run: PreparedRun, _ length: Int, _ monitor: RunMonitor
  ) throws -> Simulation {
    try Simulation(
      base: run.base, data: run.data, settings: run.method, federation: settings(length),
      onStep: { try monitor.observe($1, of: $0) })
  }
}

extension Kind {
  /// Makes ready a run on short tasks whose answers the test model does not know.
  static func prepared(
    _ length: Int, _ change: (inout TuningSettings) -> Void = { _ in }
  ) throws -> PreparedRun {
    let base = try LoadedModel.open(
      path: RealInputs.tinyLlama, context: ComputeContext(threads: Threads(2)))
    var method = TuningSettings()
    (method.candidates, method.learningRate, method.batch, method.heldOut) = (64, 1e-4, 2, 4)
    (method.basis, method.template) = (.rademacher, .raw)
    change(&method)
    let dataset = Dataset(
      examples: SyntheticTask.examples(countPerTask: 2, seed: 1))
    let encoder = ExampleEncoder(
      tokenizer: try base.tokenizer, template: .raw, lengthLimit: 256)
    return try PreparedRun(
      base, dataset: dataset, data: TuningData(dataset, encoder: encoder, settings: method),
      encoder: encoder, method: method,
      settings: record(length).merging([.toolVersion: "test", .data: "synthetic"]))
  }

  /// Runs in `folder`.
  ///
  /// - Parameters:
  ///   - failure: The calls of the engine from the first to the one that fails.
  ///   - wantsStop: Whether the user wants it to stop.
  @discardableResult
  static func run(
    _ length: Int, in folder: TemporaryFolder, mode: RunFiles.Mode, failingAt failure: Int = .max,
    wantsStop: @escaping @Sendable () -> Bool = { false },
    planning: (inout RunPlan) -> Void = { _ in },
    changing change: (inout TuningSettings) -> Void = { _ in }
  ) throws -> RunResult<Engine.Entry> {
    let prepared = try prepared(length, change)
    var plan = try plan(length)
    plan.isQuiet = true
    planning(&plan)
    var run = try DurableRun(
      prepared, plan, in: files(in: folder), mode: mode, wantsStop: wantsStop
    ) { Faulty(engine: try engine(prepared, length, $0), callsLeft: Counter(failure)) }
    return try run.run()
  }
}

extension Kind {
  /// Runs in `folder` until the engine has been called so many times.
  static func kill(
    _ length: Int, in folder: TemporaryFolder, at calls: Int,
    planning: (inout RunPlan) -> Void = { _ in },
    _ change: (inout TuningSettings) -> Void = { _ in }
  ) throws {
    do {
      try run(
        length, in: folder, mode: .refuse, failingAt: calls, planning: planning, changing: change)
    } catch is Killed {}
  }
}

/// The end of a process, as far as the files can tell.
struct Killed: Error {}

/// How many calls still succeed.
final class Counter: @unchecked Sendable {
  private var left: Int
  init(_ count: Int) { left = count }

  func count() throws {
    guard left > 0 else { throw Killed() }
    left -= 1
  }
}

/// An engine that fails at a given call.
struct Faulty<Engine: RunEngine>: RunEngine {
  var engine: Engine
  let callsLeft: Counter

  var basis: SeedBasis { engine.basis }
  var coefficients: Coefficients { engine.coefficients }
  var state: Engine.State { engine.state }
  var position: Int { engine.position }
  var partitionFile: String? { engine.partitionFile }

  mutating func advance() throws -> Engine.Entry {
    try callsLeft.count()
    return try engine.advance()
  }

  mutating func resume(at state: Engine.State, after entries: [Engine.Entry]) throws {
    try engine.resume(at: state, after: entries)
  }

  var learningRate: Double { engine.learningRate }

  func score(of places: [Int], onProgress: (Int) -> Void) throws -> Score {
    try callsLeft.count()
    return try engine.score(of: places, onProgress: onProgress)
  }

  func describe(
    _ result: RunResult<Engine.Entry>, of modelName: String, in report: inout RunReport
  ) { engine.describe(result, of: modelName, in: &report) }
}
