/// An update along one candidate: all that is ever said about a step.
public struct StepRecord: Codable, Equatable, Sendable {
  /// The candidate k.
  public let candidate: Int
  /// What `A_k` grew by: η · g, rounded to the precision in which it is sent.
  public let increment: Float

  /// Creates the record of a step.
  public init(candidate: Int, increment: Float) {
    self.candidate = candidate
    self.increment = increment
  }
}

/// What happened in one step, for those who watch.
public struct StepProgress: Equatable, Sendable {
  /// The step, counted from 0 at the start of the run.
  public let step: Int
  /// The candidate k that was tried first.
  public let candidate: Int
  /// The losses on both sides, finite or not: of several directions the means, and in a one-sided
  /// step the unperturbed loss twice.
  public let losses: LossPair
  /// The scalar gradient g along ``candidate``, or `nil` if it made no update.
  public let scalarGradient: Double?
}

/// The steps of one uninterrupted piece of tuning.
public struct StepHistory: Equatable, Sendable {
  /// The updates made, in order.
  public private(set) var records: [StepRecord] = []
  /// How many directions were skipped because they gave no finite update.
  public private(set) var skippedCount = 0
  private var lossSum = 0.0

  /// The mean over the updates of the loss of their steps, or `nil` if there were none.
  public var meanLoss: Double? {
    records.isEmpty ? nil : lossSum / Double(records.count)
  }

  mutating func append(_ record: StepRecord, loss: Double) {
    records.append(record)
    lossSum += loss
  }

  mutating func skip() { skippedCount += 1 }
}
