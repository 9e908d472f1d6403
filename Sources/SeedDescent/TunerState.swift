public import SeedBasis

/// Where a run of steps is: all that ``LocalTuner/step(_:on:batch:)`` changes.
public struct TunerState: Equatable, Sendable {
  /// A, shape `(K)`.
  public var coefficients: Coefficients
  /// Chooses the candidates, out of the same K.
  public var sampler: CandidateSampler
  /// The number of the next step in the whole run, for the learning rate's schedule.
  public var step: Int
  /// What the optimiser of steps along all K carries on.
  public var optimizer = OptimizerState()

  /// Creates the state before step `step`.
  public init(coefficients: Coefficients, sampler: CandidateSampler, step: Int = 0) {
    precondition(
      sampler.candidateCount == coefficients.count,
      "\(coefficients.count) coefficients, but \(sampler.candidateCount) candidates")
    self.coefficients = coefficients
    self.sampler = sampler
    self.step = step
  }
}
