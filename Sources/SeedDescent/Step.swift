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

  /// Creates a step.
  package init(
    number: Int, candidate: Int? = nil, losses: LossPair, scalarGradient: Double? = nil,
    update: StepUpdate, skippedCount: Int
  ) {
    self.number = number
    self.candidate = candidate
    self.losses = losses
    self.scalarGradient = scalarGradient
    self.update = update
    self.skippedCount = skippedCount
  }
}
