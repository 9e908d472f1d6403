internal import Bytes
internal import Federation
internal import FineTuning
internal import Foundation
internal import SeedDescent
internal import Settings

/// Where the engine of a run is between two entries of its log.
package protocol RunState: Codable, Sendable {
  /// What ``position`` counts, in the singular.
  static var period: String { get }
  /// The number of entries before it.
  var position: Int { get }
}

extension TuningState: RunState {
  package static var period: String { RunKind.tune.period }
  package var position: Int { step }
}

extension SimulationState: RunState {
  package static var period: String { RunKind.simulate.period }
  package var position: Int { server.round }
}

/// A run as its state file keeps it: all that must survive beside the log of rounds or steps.
package struct SavedRun<State: RunState>: Codable {
  /// The most bytes of the file: some ten times those of a run with 65,536 directions.
  private static var byteLimit: Int { 1 << 26 }

  /// The settings that define the result.
  var settings: [String: String]
  /// Where the model, the data and the random choices are.
  var state: State
  /// The held-out loss before the run, in nats.
  var lossBefore: Double
  /// The held-out loss of the finished run, in nats.
  var lossAfter: Double?
  /// The loss of each held-out example before the run, in nats; `nil` in files of early versions.
  var lossesBefore: [Double]?
  /// The sample answers before the run.
  var answersBefore: [String]
  /// The answers before and after the run, if it is finished.
  var samples: [SampleAnswer]?
  /// That the run diverged, if it did.
  var divergence: Divergence?
  /// What the run has cost so far.
  var cost = RunCost()

  /// What the losses of the run are compared with.
  var reference: LossReference {
    // Clients that measure keep the losses of single examples.
    LossReference(lossesBefore.flatMap { $0.isEmpty ? nil : $0 } ?? [lossBefore])
  }

  /// Reads the file at `path`.
  ///
  /// - Throws: ``RunError`` that names the file, the place and what is wrong.
  package static func read(path: String) throws -> SavedRun {
    let saved = try RunJSON.decode(
      SavedRun.self, from: Data(readRegularFile(path, limit: Self.byteLimit)), path: path)
    // Before anything is computed with it.
    guard (0...Int(Int32.max)).contains(saved.state.position) else {
      throw RunError(
        "\(path): \(State.period): found \(saved.state.position), expected a number from 0 to "
          + "\(Int32.max): restore the file, or start again")
    }
    return saved
  }

  /// Throws ``RunError`` if the file at `path` is not as it was written, though it can be read.
  static func checkIntact(path: String) throws {
    guard try ChecksummedJSON.isIntact(readRegularFile(path, limit: byteLimit)) else {
      throw RunError(
        "\(path): its checksum is of other bytes, so the file is damaged: restore it, or start "
          + "again")
    }
  }

  /// Replaces the file at `path`; a kill leaves the old one or the new one.
  ///
  /// Only its owner may read it: a server keeps the secret of its noise here.
  func write(path: String) throws {
    let json = try RunJSON.encode(self, isCompact: true)
    try AtomicFile.write(ChecksummedJSON.adding(to: json), to: path, mode: 0o600)
  }

  /// Checks that a run goes on with the settings it had.
  ///
  /// - Parameter growing: The setting that may be larger than it was: the length of the run. With a
  ///   learning rate that falls over the run it may not.
  /// - Throws: ``RunError`` that names the first setting that differs, or what does not fit the data.
  func check(_ run: PreparedRun, growing: SettingKey) throws {
    let settings = run.definingSettings
    let free = run.method.schedule == .constant ? [growing.rawValue] : []
    let names = Set(settings.keys).union(self.settings.keys).subtracting(free)
    // What the user wrote comes before what follows from it.
    let sorted = names.sorted {
      ($0.hasSuffix("-sha256") ? 1 : 0, $0) < ($1.hasSuffix("-sha256") ? 1 : 0, $1)
    }
    for name in sorted where settings[name] != self.settings[name] {
      if name == SettingKey.dataSha256.rawValue, self.settings[name] == run.oldDataFingerprint {
        continue
      }
      throw RunError(
        "'--\(name)' is \(settings[name] ?? "not set"), but the run to resume has "
          + "\(self.settings[name] ?? "no such setting"): leave the option out, or start another run"
      )
    }
    try checkLosses(of: run.data.heldOut.count)
  }

  /// Throws unless there is a loss for each held-out example, or none where clients have measured.
  private func checkLosses(of count: Int) throws(RunError) {
    let found = lossesBefore?.count ?? 0
    guard found == 0 || found == count else {
      throw RunError(
        "the saved state: losses_before: found \(found) losses, expected \(count), one for each "
          + "held-out example: restore the file, or start again")
    }
  }
}

/// Time and memory of a run, all its parts together.
package struct RunCost: Codable, Sendable {
  /// The wall-clock time, in seconds.
  package var seconds = 0.0
  /// The largest private memory, in bytes.
  package var peakPrivateBytes = 0
  /// The largest part of mapped files that was resident, in bytes.
  package var peakMappedBytes = 0
}
