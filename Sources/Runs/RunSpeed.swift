/// How fast the steps of a run are and what they come to, step by step.
///
/// The time of measurements is not that of steps: the clock of the steps stands still meanwhile.
struct RunSpeed: Sendable {
  private(set) var stepCount = 0
  private var worked = Duration.zero
  private var workingSince: Duration?
  private var started: Duration?

  /// Starts the clock of the steps.
  mutating func work(at now: Duration) {
    workingSince = now
    started = started ?? now
  }

  /// Stops it.
  mutating func rest(at now: Duration) {
    if let workingSince { worked += now - workingSince }
    workingSince = nil
  }

  /// Counts a step.
  mutating func count() { stepCount += 1 }

  /// The time of a step, in seconds, or `nil` before the first.
  func secondsPerStep(at now: Duration) -> Double? {
    let time = worked + (workingSince.map { now - $0 } ?? .zero)
    return stepCount == 0 ? nil : time / .seconds(1) / Double(stepCount)
  }

  /// The time that so many steps will take, with measurements as often as so far, in seconds.
  func secondsLeft(steps: Int, at now: Duration) -> Double? {
    guard let started, stepCount > 0 else { return nil }
    return (now - started) / .seconds(1) * Double(steps) / Double(stepCount)
  }
}

/// The exponentially weighted mean of losses: the last ten or so count.
///
/// Divided by the weights given so far, so that the first losses are not drawn to zero, as in Adam
/// (arXiv:1412.6980, section 3).
struct SmoothedLoss: Sendable {
  private static let decay = 0.9
  private var sum = 0.0
  private var weight = 0.0

  /// The mean, in nats, or `nil` before the first finite loss.
  var value: Double? { weight == 0 ? nil : sum / weight }

  /// Takes the next loss; one that is not finite does not count.
  mutating func append(_ loss: Double) {
    guard loss.isFinite else { return }
    sum = Self.decay * sum + (1 - Self.decay) * loss
    weight = Self.decay * weight + (1 - Self.decay)
  }
}
