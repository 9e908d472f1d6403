internal import Bytes
internal import FineTuning
internal import Foundation
internal import Weights
internal import SeedDescent

/// A run as its state file keeps it: all that must survive beside the log of rounds or steps.
struct SavedRun<State: Codable>: Codable {
  /// The settings that define the result.
  var settings: [String: String]
  /// Where the model, the data and the random choices are.
  var state: State
  /// The held-out loss before the run, in nats.
  var lossBefore: Double
  /// The held-out loss of the finished run, in nats.
  var lossAfter: Double?
  /// The sample answers before the run.
  var answersBefore: [String]
  /// What the run has cost so far.
  var cost = RunCost()

  /// Reads the file at `path`.
  ///
  /// - Throws: ``InputError`` that names the file, the place and what is wrong.
  static func read(path: String) throws -> SavedRun {
    try Output.decode(SavedRun.self, from: Data(contentsOf: URL(filePath: path)), path: path)
  }

  /// Replaces the file at `path`; a kill leaves the old one or the new one.
  func write(path: String) throws {
    try AtomicFile.write(Array(Output.json(self, isCompact: true)), to: path)
  }

  /// Checks that a run goes on with the settings it had.
  ///
  /// - Parameter growing: The setting that may be larger than it was: the length of the run. With a
  ///   learning rate that falls over the run it may not.
  /// - Throws: ``InputError`` that names the first setting that differs.
  func check(_ run: PreparedRun, growing: String) throws {
    let settings = run.definingSettings
    let free = run.method.schedule == .constant ? [growing] : []
    let names = Set(settings.keys).union(self.settings.keys).subtracting(free)
    // What the user wrote comes before what follows from it.
    let sorted = names.sorted {
      ($0.hasSuffix("-sha256") ? 1 : 0, $0) < ($1.hasSuffix("-sha256") ? 1 : 0, $1)
    }
    for name in sorted where settings[name] != self.settings[name] {
      throw InputError(
        "'--\(name)' is \(settings[name] ?? "not set"), but the run to resume has "
          + "\(self.settings[name] ?? "no such setting"): leave the option out, or start another run"
      )
    }
  }
}

/// Time and memory of a run, all its parts together.
struct RunCost: Codable, Sendable {
  /// The wall-clock time, in seconds.
  var seconds = 0.0
  /// The largest private memory, in bytes.
  var peakPrivateBytes = 0
  /// The largest part of mapped files that was resident, in bytes.
  var peakMappedBytes = 0
}
