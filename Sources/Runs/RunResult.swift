internal import Reports
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
  /// The path of the seed checkpoint.
  package let kseed: String

  private enum CodingKeys: CodingKey {
    case settings, lossBefore, lossAfter, peakPrivateBytes, peakMappedBytes, seconds, samples, kseed
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
  }

  /// The loss before and after, in nats.
  package var lossChange: String { Runs.lossChange(lossBefore, lossAfter) }
}

/// The loss before and after, in nats.
package func lossChange(_ before: Double, _ after: Double) -> String {
  "\(Quantity.loss.text(before)) -> \(Quantity.loss.text(after)) nats"
}
