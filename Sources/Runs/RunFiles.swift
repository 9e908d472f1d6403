internal import Bytes
internal import Foundation
internal import SeedBasis
package import Settings

/// The two kinds of runs, and their words.
package enum RunKind: String, Sendable {
  /// Tuning on one machine, step by step.
  case tune
  /// A simulated federation, round by round.
  case simulate

  /// What a line of the log is, in the singular.
  package var period: String { self == .tune ? "step" : "round" }

  /// The setting that is the length of the run.
  package var lengthKey: SettingKey { self == .tune ? .steps : .rounds }
}

/// The files of a run, by what they are.
///
/// `simulate` has a folder for them, `tune` puts them beside its seed checkpoint.
package struct RunFiles: Sendable {
  /// What to do with the files of an earlier run.
  package enum Mode: Sendable { case refuse, replace, resume }

  /// What kind of run it is.
  package let kind: RunKind
  /// The command that writes them.
  package private(set) var command: String
  /// The folder or the seed checkpoint, as `--out` has it.
  package let path: String
  /// The seed checkpoint.
  package let model: String
  /// The settings that repeat the run.
  package let settings: String
  /// A line for each step or round.
  package let log: String
  /// What the run needs to go on; without it there is no run to resume.
  package let state: String
  /// The page to look at.
  package let report: String
  /// What only a simulation writes: which examples each client has, the results, the measurements.
  let partition, results, measurements: String?

  /// Names the files of `tune --out NAME`; the suffix `.kseed` may be left out.
  package init(tuning name: String) {
    let path = SeedCheckpoint.path(named: name)
    let stem = path.hasSuffix(".kseed") ? String(path.dropLast(6)) : path
    kind = .tune
    command = kind.rawValue
    self.path = path
    model = path
    settings = stem + ".settings.yaml"
    log = stem + ".steps.jsonl"
    state = stem + ".state.json"
    report = stem + ".report.html"
    (partition, results, measurements) = (nil, nil, nil)
  }

  /// Names the files of `simulate --out PATH`.
  package init(simulation path: String) {
    kind = .simulate
    command = kind.rawValue
    self.path = path
    model = path + "/model.kseed"
    settings = path + "/settings.yaml"
    log = path + "/rounds.jsonl"
    state = path + "/state.json"
    report = path + "/report.html"
    partition = path + "/partition.json"
    results = path + "/results.json"
    measurements = path + "/rounds.csv"
  }

  /// Names the files of `server --out PATH`: those of a simulation but for what only that knows.
  package init(serving path: String) {
    self.init(simulation: path)
    command = "server"
  }

  /// All of them.
  package var all: [String] {
    [state, settings, log, model, report] + [partition, results, measurements].compactMap(\.self)
  }

  /// The command that makes the same run again.
  var repetition: String {
    "fedkseed \(command) --config \(shellWord(settings)) --out "
      + (kind == .tune ? "FILE" : "DIR")
  }

  /// The command that goes on with the run.
  var continuation: String { "fedkseed \(command) --resume \(shellWord(path))" }

  /// The command that makes the model after a step or round.
  func pastModel(after number: String) -> String {
    "fedkseed kseed at --\(kind.period) \(number) \(shellWord(path)) --out FILE"
  }

  /// Whether there is a run to resume.
  var hasState: Bool { Self.exists(state) }

  /// Writes a file, all of it or none.
  func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try AtomicFile.write(Array(bytes), to: path)
  }

  /// Removes what the run does not go on with.
  ///
  /// That is files of an earlier one. Not the log, which is locked.
  func clear(_ mode: Mode, isResumed: Bool) throws {
    if !isResumed, hasState { try FileManager.default.removeItem(atPath: state) }
    if mode == .replace {
      for file in all where file != log && Self.exists(file) {
        try FileManager.default.removeItem(atPath: file)
      }
    }
  }

  /// The names in the folder.
  func contents() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
