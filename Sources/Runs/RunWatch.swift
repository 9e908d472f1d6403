internal import Reports
internal import SeedDescent

/// A run was told to stop where it diverges, and does.
package struct Diverged: Error {
  /// Creates the finding.
  package init() {}
}

/// Looks at the entries of a run, one after the other, whether it leaves its way, and keeps the best.
struct RunWatch {
  /// The position with the lowest held-out loss, the untuned model's among them.
  private(set) var best: BestMeasurement
  private let reference: LossReference
  /// Of steps; the mean losses of rounds are those of changing clients.
  private var detector: DivergenceDetector?

  /// Creates a watch before the first entry.
  ///
  /// - Parameter batch: The number of examples of a step; `nil` for rounds.
  init(_ reference: LossReference, batch: Int?) {
    self.reference = reference
    best = BestMeasurement(position: 0, heldOutLoss: reference.mean)
    detector = batch.map { DivergenceDetector(reference: reference, batch: $0) }
  }

  /// Takes the next entry.
  ///
  /// - Returns: What has been found, if it is found here.
  mutating func observe(_ entry: some LogEntry) -> Divergence? {
    let found = detector?.observe(entry.trainingLoss ?? .nan)
    guard let loss = entry.heldOutLoss else { return found }
    return found ?? judge(loss, at: entry.number + 1)
  }

  /// A held-out loss is of the same examples as the reference, so that one tells enough: a quarter more.
  private mutating func judge(_ loss: Double, at position: Int) -> Divergence? {
    if loss < best.heldOutLoss {
      best = BestMeasurement(position: position, heldOutLoss: loss)
    }
    guard !(loss <= 1.25 * reference.mean) else { return nil }
    return Divergence(
      position: position, lastGood: best.position, loss: loss, reference: reference.mean)
  }
}

/// The measurement with the lowest held-out loss.
package struct BestMeasurement: Encodable, Sendable {
  /// The number of steps or rounds done; 0 is the untuned model.
  package let position: Int
  /// The held-out loss then, in nats.
  package let heldOutLoss: Double

  /// Returns another one if it is lower.
  func lower(than loss: Double, at position: Int) -> BestMeasurement {
    loss < heldOutLoss ? BestMeasurement(position: position, heldOutLoss: loss) : self
  }
}

/// Looks at the steps of each client of a round, from any thread.
struct ClientWatch: Sendable {
  /// What is to be said and done of what has been found.
  struct Finding {
    let warning: String?
    let isEnd: Bool
  }

  /// What was found first.
  private(set) var found: Divergence?
  private let reference: LossReference
  private let batch: Int
  private let position: Int
  private let stops: Bool
  private let warning: DivergenceWarning?
  private var detectors: [Int: DivergenceDetector] = [:]

  /// Creates a watch for the round after `position` rounds.
  ///
  /// - Parameters:
  ///   - stops: Whether the run ends where something is found.
  ///   - warning: What is then said; `nil` if it has been said.
  init(
    _ reference: LossReference, batch: Int, position: Int, stops: Bool,
    warning: DivergenceWarning?
  ) {
    self.reference = reference
    self.batch = batch
    self.position = position
    self.stops = stops
    self.warning = warning
  }

  /// Takes the loss of a client's next step.
  ///
  /// A client's examples may be harder than others; the loss of its first step is that of a model that it has
  /// not moved.
  ///
  /// - Returns: What to do if something is found, here or before by another client.
  mutating func observe(_ loss: Double, of client: Int) -> Finding? {
    if found != nil { return Finding(warning: nil, isEnd: stops) }
    var detector =
      detectors[client]
      ?? DivergenceDetector(reference: reference.raised(to: loss), batch: batch)
    defer { detectors[client] = detector }
    guard let seen = detector.observe(loss) else { return nil }
    let found = Divergence(
      position: position + 1, lastGood: position, loss: seen.loss, reference: seen.reference)
    self.found = found
    return Finding(warning: warning?.text(of: found), isEnd: stops)
  }
}
