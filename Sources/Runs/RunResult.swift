internal import Bytes
internal import Reports
package import SeedDescent
package import Settings

/// What a run came to: `results.json` of a simulation, and the output of `--json`.
package struct RunResult<Entry: LogEntry>: Encodable, Sendable {
  /// Everything needed to repeat the run.
  package let settings: SettingsRecord
  /// The steps or rounds.
  package let entries: [Entry]
  /// The held-out loss before and after, in nats.
  package let lossBefore, lossAfter: Double
  /// What the run has cost.
  package let cost: RunCost
  /// Answers before and after.
  package let samples: [SampleAnswer]
  /// The lowest held-out loss that was measured, and after how many steps or rounds.
  package let best: BestMeasurement
  /// That the run diverged, if it did.
  package let divergence: Divergence?
  /// Whether the run ended there, as it was told to.
  package let isStoppedByDivergence: Bool
  /// What can be done with the model, as commands.
  package let next: [String]
  /// The page to look at, if there is one.
  package let report: String?
  /// How often each candidate was taken, and how far, where the method asks for it.
  let seeds: [SeedUse]
  let files: RunFiles
  /// The path of the seed checkpoint.
  package var kseed: String { files.model }

  private enum CodingKeys: CodingKey {
    case settings, lossBefore, lossAfter, peakPrivateBytes, peakMappedBytes, seconds, samples, kseed
    case best, divergence, endsWorse, isStoppedByDivergence, warnings, report
  }

  package func encode(to encoder: any Encoder) throws {
    try Entry.summary(of: entries).encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(settings, forKey: .settings)
    try container.encode(lossBefore, forKey: .lossBefore)
    try container.encode(lossAfter, forKey: .lossAfter)
    try container.encode(cost.peakPrivateBytes, forKey: .peakPrivateBytes)
    try container.encode(cost.peakMappedBytes, forKey: .peakMappedBytes)
    try container.encode(cost.seconds, forKey: .seconds)
    try container.encode(samples, forKey: .samples)
    try container.encode(kseed, forKey: .kseed)
    try container.encode(best, forKey: .best)
    try container.encodeIfPresent(divergence, forKey: .divergence)
    try container.encode(endsWorse, forKey: .endsWorse)
    try container.encode(isStoppedByDivergence, forKey: .isStoppedByDivergence)
    try container.encode(warnings, forKey: .warnings)
    try container.encodeIfPresent(report, forKey: .report)
  }

  /// Whether the held-out loss is higher than before the run.
  package var endsWorse: Bool { !(lossAfter <= lossBefore) }

  /// What went wrong, a sentence each.
  package var warnings: [String] {
    [divergence?.sentence(period: Entry.kind.period), endsWorse ? endWarning : nil]
      .compactMap(\.self)
  }

  private var endWarning: String {
    "the run ends worse than it began: held-out loss \(lossChange)"
  }

  /// The run in a line, the last that is printed.
  package var conclusion: String {
    guard endsWorse || isStoppedByDivergence else {
      return "held-out loss \(lossChange) in \(length)"
        + (best.position < entries.count ? "; the lowest, \(bestText)" : "")
    }
    let what =
      isStoppedByDivergence ? "stopped after \(length), as the run diverges" : endWarning
    return "\(what); " + goodText
  }

  /// The best model of a run that went wrong or, if none was measured, the last before the losses rose.
  private var goodText: String {
    if best.position > 0 { return "the lowest held-out loss, \(bestText)" }
    guard let good = divergence?.lastGood, good > 0 else {
      return "no \(Entry.kind.period) was better than the untuned model"
    }
    return "the last good model, of \(Entry.kind.period) \(good), is made by: "
      + files.pastModel(after: "\(good)")
  }

  /// Such as: 1.2 after step 40, is made by: ….
  private var bestText: String {
    "\(Quantity.loss.text(best.heldOutLoss)) after \(Entry.kind.period) \(best.position), is that of: "
      + files.pastModel(after: "\(best.position)")
  }

  /// How long the run was, such as 3 rounds.
  package var length: String { counted(entries.count, Entry.kind.period) }

  /// The loss before and after, in nats.
  package var lossChange: String { Runs.lossChange(lossBefore, lossAfter) }
}

/// The loss before and after, in nats.
package func lossChange(_ before: Double, _ after: Double) -> String {
  "\(Quantity.loss.text(before)) -> \(Quantity.loss.text(after)) nats"
}

extension Divergence {
  /// Says what was seen.
  func sentence(period: String) -> String {
    let numbers = [loss, reference].map { Quantity.loss.text($0) }
    return
      "the run diverges: after \(period) \(position) the loss is \(numbers[0]) nats, of the untuned "
      + "model \(numbers[1])"
  }
}
