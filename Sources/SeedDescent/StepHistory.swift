public import SeedBasis

/// The steps of one uninterrupted piece of tuning, summed up.
///
/// All of them are along single candidates, or all of them along all K.
public struct StepHistory: Equatable, Sendable {
  /// The increments of single coefficients, in order.
  public private(set) var records: [StepRecord] = []
  /// The sum of the increments of all K coefficients; `nil` without such steps.
  public private(set) var sum: Coefficients?
  /// How many updates there were: a step along n candidates makes up to n of them, one along all K one.
  public private(set) var updateCount = 0
  /// How many directions were skipped because they gave no finite update.
  public private(set) var skippedCount = 0
  private var lossSum = 0.0

  /// Creates the history of no steps.
  public init() {}

  /// The mean over the updates of the loss of their steps, or `nil` if there were none.
  public var meanLoss: Double? { updateCount == 0 ? nil : lossSum / Double(updateCount) }

  /// Counts a step.
  ///
  /// - Throws: ``SeedBasisError`` if the sum would leave the range of numbers.
  public mutating func append(_ step: Step) throws(SeedBasisError) {
    skippedCount += step.skippedCount
    switch step.update {
    case .pairs(let records):
      self.records += records
      for _ in records { count(step) }
    case .all(let increments):
      var sum = sum ?? Coefficients(candidateCount: increments.count)
      try sum.add(step.update)
      self.sum = sum
      count(step)
    }
  }

  private mutating func count(_ step: Step) {
    updateCount += 1
    lossSum += step.losses.mean
  }
}
