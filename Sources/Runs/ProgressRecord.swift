internal import Foundation
internal import Reports

/// What is told of a run after a step or round: a line on the terminal, a line of `--log-file`, the points of
/// `--tensorboard`.
struct ProgressRecord: Equatable, Sendable {
  /// What happened.
  enum Event: String, Codable, Sendable { case start, resume, step, round, end }

  var event: Event
  let kind: RunKind
  /// The number of steps or rounds done.
  var position: Int
  /// The number of those of the whole run.
  let length: Int
  /// The mean training loss, and its moving average, in nats.
  var loss, smoothedLoss: Double?
  /// The held-out loss, in nats, and on how many examples it was measured, if not on all.
  var heldOutLoss: Double?
  var heldOutExamples: Int?
  /// Whether the held-out loss at the end was told with the last step or round.
  var isTold = false
  var learningRate: Double?
  /// The time of the run so far and of a step, in seconds; a step's without measurements.
  var seconds = 0.0
  var secondsPerStep: Double?
  /// The tokens of training examples in a second.
  var tokensPerSecond: Double?
  /// What is left of the run, in seconds.
  var secondsLeft: Double?
  /// The bytes of a round's messages.
  var bytesUp, bytesDown: Int?
  /// Who took part, in a word or two.
  var participation = ""
  var peakPrivateBytes = 0
  /// How the run ended.
  var message: String?
}

// As a line of a log.

extension ProgressRecord: Encodable {
  private enum CodingKeys: CodingKey {
    case event, step, round, length, loss, smoothedLoss, heldOutLoss, heldOutExamples, learningRate
    case seconds, secondsPerStep, tokensPerSecond, secondsLeft, bytesUp, bytesDown
    case peakPrivateBytes, message
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(event, forKey: .event)
    try container.encode(position, forKey: kind == .tune ? .step : .round)
    try container.encode(length, forKey: .length)
    try container.encodeIfPresent(loss, forKey: .loss)
    try container.encodeIfPresent(smoothedLoss, forKey: .smoothedLoss)
    try container.encodeIfPresent(heldOutLoss, forKey: .heldOutLoss)
    try container.encodeIfPresent(heldOutExamples, forKey: .heldOutExamples)
    try container.encodeIfPresent(learningRate, forKey: .learningRate)
    try container.encode(seconds, forKey: .seconds)
    try container.encodeIfPresent(secondsPerStep, forKey: .secondsPerStep)
    try container.encodeIfPresent(tokensPerSecond, forKey: .tokensPerSecond)
    try container.encodeIfPresent(secondsLeft, forKey: .secondsLeft)
    try container.encodeIfPresent(bytesUp, forKey: .bytesUp)
    try container.encodeIfPresent(bytesDown, forKey: .bytesDown)
    try container.encode(peakPrivateBytes, forKey: .peakPrivateBytes)
    try container.encodeIfPresent(message, forKey: .message)
  }
}

// As a line for a person.

extension ProgressRecord {
  /// Returns the line, in at most `columns` columns if possible: the less needed parts go.
  ///
  ///     step 40/200  loss 2.310  held-out loss 2.450  lr 1e-05  310 ms/step  420 tokens/s  0:37 left
  func line(columns: Int = .max) -> String {
    var parts = parts
    while text(parts).count > columns, let last = parts.indices.max(by: isLessNeeded(parts)),
      parts[last].need > 0
    { parts.remove(at: last) }
    return text(parts)
  }

  private typealias Part = (text: String, need: Int)

  private func isLessNeeded(_ parts: [Part]) -> (Int, Int) -> Bool {
    { parts[$0].need < parts[$1].need }
  }

  private func text(_ parts: [Part]) -> String { parts.map(\.text).joined(separator: "  ") }

  /// The parts in their order; the larger the second number, the sooner one goes.
  private var parts: [Part] {
    let all: [(text: String?, need: Int)] = [
      ("\(kind.period) \(position)/\(length)", 0),
      (smoothedLoss.map { "loss \(Quantity.loss.text($0))" }, 1),
      (heldOutLoss.map { "held-out loss \(Quantity.loss.text($0))" }, 0),
      (heldOutExamples.map { "(of \($0))" }, 8),
      (participation, 7), (traffic, 3),
      (learningRate.map { "lr \(Self.short($0))" }, 6),
      (secondsPerStep.map { "\(Quantity.seconds.text($0))/step" }, 4),
      (tokensPerSecond.map { "\(Int($0.rounded())) tokens/s" }, 5),
      (secondsLeft.map { "\(clock($0)) left" }, 2),
    ]
    return all.compactMap { part in part.text.map { ($0, part.need) } }.filter { !$0.text.isEmpty }
  }

  private var traffic: String? {
    guard let bytesUp, let bytesDown else { return nil }
    let bytes = { (count: Int) in Quantity.bytes.text(Double(count)) }
    return "\(bytes(bytesUp)) up, \(bytes(bytesDown)) down"
  }

  private static func short(_ number: Double) -> String { String(format: "%.3g", number) }
}
