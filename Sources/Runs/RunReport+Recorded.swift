internal import Bytes
internal import FineTuning
internal import Foundation
package import Reports
internal import SeedDescent
internal import Settings

extension RunReport {
  /// Reads what a run has recorded, finished or not: the folder of a simulation, or the seed checkpoint
  /// beside which `tune` writes its files.
  ///
  /// - Throws: ``RunError`` that names the file.
  package init(recordedAt path: String) throws {
    var isFolder: ObjCBool = false
    let file = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard file || fileExists(RunFiles(tuning: path).model) else {
      throw RunError(
        "'\(path)' does not exist; name the folder of a simulation, or what 'tune' wrote")
    }
    if isFolder.boolValue {
      try self.init(Simulation.self, RunFiles(simulation: path))
    } else {
      try self.init(Tuning.self, RunFiles(tuning: path))
    }
  }

  private init<Engine: RunEngine>(_ engine: Engine.Type, _ files: RunFiles) throws {
    let saved = try SavedRun<Engine.State>.read(path: files.state)
    try SavedRun<Engine.State>.checkIntact(path: files.state)
    let entries = try Engine.Entry.read(path: files.log)
    // Every round has its loss, a tuning measures that of its end apart.
    let lossAfter = files.kind == .tune ? saved.lossAfter : entries.last?.heldOutLoss
    self.init(title: files.path)
    period = files.kind.period
    samples = saved.samples?.map(Sample.init) ?? []
    divergedAt = saved.divergence?.position
    warnings = saved.divergence.map { [$0.sentence(period: period).capitalizedFirst + "."] } ?? []
    // Of a run that goes on nobody knows yet.
    if saved.samples != nil, let lossAfter, !(lossAfter <= saved.lossBefore) {
      warnings.append("The run ended worse than it began.")
    }
    settings = saved.settings.sorted { $0.key < $1.key }.map { Fact($0.key, $0.value) }
    figures = [
      Figure("loss before", Quantity.loss.text(saved.lossBefore)),
      Figure("loss after", lossAfter.map(Quantity.loss.text) ?? "not finished"),
    ]
    measurements = Engine.Entry.measurements(
      of: entries, lossBefore: saved.lossBefore, lossAfter: lossAfter)
    figures +=
      bestFigures + divergedFigures
      + Self.perplexity(
        of: [lossAfter].compactMap(\.self), objective: saved.settings[SettingKey.objective.rawValue]
      )
      + answersFigures + Self.figures(of: entries) + [
        Figure("private memory", Self.bytes(saved.cost.peakPrivateBytes)),
        Figure("time", Quantity.seconds.text(saved.cost.seconds)),
      ]
  }

  /// The lowest held-out loss, and when it was measured.
  private var bestFigures: [Figure] {
    guard let lowest else { return [] }
    return [
      Figure("lowest loss", Quantity.loss.text(lowest.heldOutLoss)),
      Figure("best \(period)", "\(lowest.period)"),
    ]
  }

  private var divergedFigures: [Figure] {
    divergedAt.map { [Figure("diverged", "\(period) \($0)")] } ?? []
  }

  private var answersFigures: [Figure] {
    guard !samples.isEmpty else { return [] }
    return [Figure("right answers", "\(rightAnswers.after) of \(samples.count)")]
  }

  private static func figures(of entries: [some LogEntry]) -> [Figure] {
    guard let rounds = (entries as? [LoggedRound])?.map(\.summary) else {
      return [Figure("steps", "\(entries.count)")]
    }
    return [
      Figure("rounds", "\(rounds.count)"),
      Figure("steps", "\(rounds.reduce(0) { $0 + $1.steps })"),
      Figure("bytes up", bytes(rounds.reduce(0) { $0 + $1.bytesUp })),
      Figure("bytes down", bytes(rounds.reduce(0) { $0 + $1.bytesDown })),
    ]
  }

  private static func bytes(_ count: Int) -> String { Quantity.bytes.text(Double(count)) }
}
