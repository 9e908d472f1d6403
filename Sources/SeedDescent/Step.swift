/// What one step measured and changed.
public struct Step: Equatable, Sendable {
  /// The step, counted from 0 at the start of the run.
  public let number: Int
  /// The candidate k that was tried first; `nil` where a step does not try single ones.
  public let candidate: Int?
  /// The losses on both sides, finite or not: of several directions the means, and in a one-sided
  /// step the unperturbed loss twice.
  public let losses: LossPair
  /// The scalar gradient g along ``candidate``, or `nil` if it made no update.
  public let scalarGradient: Double?
  /// What the coefficients grew by; empty if the step was skipped.
  public let update: StepUpdate
  /// How many directions were skipped because they gave no finite update.
  public let skippedCount: Int
}

/// The steps of one uninterrupted piece of tuning, summed up.
public struct StepHistory: Equatable, Sendable {
  /// The increments made, in order.
  public private(set) var records: [StepRecord] = []
  /// How many directions were skipped because they gave no finite update.
  public private(set) var skippedCount = 0
  private var lossSum = 0.0

  /// The mean over the increments of the loss of their steps, or `nil` if there were none.
  public var meanLoss: Double? {
    records.isEmpty ? nil : lossSum / Double(records.count)
  }

  mutating func append(_ step: Step) {
    for record in step.update.records {
      records.append(record)
      lossSum += step.losses.mean
    }
    skippedCount += step.skippedCount
  }
}
