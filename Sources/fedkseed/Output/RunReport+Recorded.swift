internal import FineTuning
internal import Foundation
internal import Reports

extension RunReport {
  /// Reads what a run has recorded, finished or not: the folder of a simulation, or the seed checkpoint
  /// beside which `tune` writes its files.
  ///
  /// - Throws: ``InputError`` that names the file.
  init(recordedAt path: String) throws {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(
        "'\(path)' does not exist; name the folder of a simulation, or what 'tune' wrote")
    }
    if isFolder.boolValue {
      try self.init(simulationAt: path)
    } else {
      try self.init(tuningAt: path)
    }
  }

  private init(simulationAt folder: String) throws {
    let saved = try SavedRun<SimulationState>.read(path: folder + "/" + RunFile.state.rawValue)
    let rounds = try LoggedRound.read(path: folder + "/" + RunFile.rounds.rawValue).map(\.summary)
    self.init(title: folder, saved, lossAfter: rounds.last?.heldOutLoss)
    measurements = rounds.measurements(lossBefore: saved.lossBefore)
    figures += [
      Figure("rounds", "\(rounds.count)"),
      Figure("steps", "\(rounds.reduce(0) { $0 + $1.steps })"),
      Figure("bytes up", Self.bytes(rounds.reduce(0) { $0 + $1.bytesUp })),
      Figure("bytes down", Self.bytes(rounds.reduce(0) { $0 + $1.bytesDown })),
    ]
    addCost(saved.cost)
  }

  private init(tuningAt path: String) throws {
    let files = TuneFiles(out: path)
    let saved = try SavedRun<TuningState>.read(path: files.state)
    let steps = try TuneResult.Step.read(path: files.steps)
    self.init(title: path, saved, lossAfter: saved.lossAfter)
    period = "step"
    measurements = steps.measurements(lossBefore: saved.lossBefore, lossAfter: saved.lossAfter)
    figures += [Figure("steps", "\(steps.count)")]
    addCost(saved.cost)
  }

  private init<State>(title: String, _ saved: SavedRun<State>, lossAfter: Double?) {
    self.init(title: title)
    settings = saved.settings.sorted { $0.key < $1.key }.map { Fact($0.key, $0.value) }
    figures = [
      Figure("loss before", Quantity.loss.text(saved.lossBefore)),
      Figure("loss after", lossAfter.map(Quantity.loss.text) ?? "not finished"),
    ]
  }

  private mutating func addCost(_ cost: RunCost) {
    figures += [
      Figure("private memory", Self.bytes(cost.peakPrivateBytes)),
      Figure("time", Quantity.seconds.text(cost.seconds)),
    ]
  }

  private static func bytes(_ count: Int) -> String { Quantity.bytes.text(Double(count)) }
}

extension TuneResult.Step {
  /// Reads the lines of a log, all of them or the first that were saved.
  ///
  /// - Throws: ``InputError`` that names the file, the line and what is wrong.
  static func decode(_ lines: [Data], path: String) throws -> [TuneResult.Step] {
    try lines.enumerated().map { number, line in
      let place = "\(path), line \(number + 1)"
      let step = try Output.decode(TuneResult.Step.self, from: line, path: place)
      guard step.step == number else {
        throw InputError("\(place): found step \(step.step), expected \(number): restore the file")
      }
      return step
    }
  }

  /// Reads the log at `path`; an unfinished last line does not count.
  static func read(path: String) throws -> [TuneResult.Step] {
    try decode(LineLog.lines(of: path), path: path)
  }
}
