internal import FineTuning
internal import Metrics

/// What `score` found out, as a table and as JSON.
struct ScoreResult: Encodable {
  let score: Score
  var accuracy: OptionAccuracy?
  var metrics: [(metric: TextMetric, estimate: Estimate)] = []
  var answers: [String]?

  init(_ score: Score) { self.score = score }

  /// The rows of the table.
  var rows: [(String, String)] {
    var rows = [
      ("examples", "\(score.losses.count)"),
      ("loss per example", "\(score.lossPerExample) nats"),
      ("loss per token", "\(score.lossPerToken) nats"), ("perplexity", "\(score.perplexity)"),
    ]
    if let accuracy {
      rows += [
        ("accuracy", text(accuracy.sum)), ("accuracy per character", text(accuracy.perCharacter)),
        ("accuracy per token", text(accuracy.perToken)),
        ("loss of choosing", "\(accuracy.choiceLoss) nats"),
      ]
    }
    return rows + metrics.map { ($0.metric.rawValue, text($0.estimate)) }
  }

  private func text(_ estimate: Estimate) -> String {
    let numbers = [estimate.mean, estimate.lower, estimate.upper].map {
      "\(($0 * 1000).rounded() / 10)"
    }
    return "\(numbers[0]) % (\(numbers[1]) to \(numbers[2]))"
  }

  private enum CodingKeys: CodingKey {
    case examples, lossPerExample, lossPerToken, perplexity, losses, accuracy, metrics, answers
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(score.losses.count, forKey: .examples)
    try container.encode(score.lossPerExample, forKey: .lossPerExample)
    try container.encode(score.lossPerToken, forKey: .lossPerToken)
    try container.encode(score.perplexity, forKey: .perplexity)
    try container.encode(score.losses, forKey: .losses)
    try container.encodeIfPresent(accuracy, forKey: .accuracy)
    if !metrics.isEmpty {
      let named = metrics.map { ($0.metric.rawValue, $0.estimate) }
      try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .metrics)
    }
    try container.encodeIfPresent(answers, forKey: .answers)
  }
}
