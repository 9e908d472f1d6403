public import SeedBasis

/// Tunes the coefficients of a seed basis by zeroth-order steps.
///
/// A step draws a candidate k, measures both sides of it on the next batch, and lets `A_k` grow by
/// η · g. It is what a FedKSeed client does in a round, and with many steps it is MeZO over a fixed
/// pool of directions.
///
/// The amount is rounded to the `Float` in the record *before* it is added. So whoever replays the
/// records from the same start arrives at the same coefficients, bit for bit.
///
/// Source: FedKSeed, Qin et al. 2023 (arXiv:2312.06353); MeZO, Malladi et al. 2023
/// (arXiv:2305.17333), Algorithm 1.
public struct LocalTuner: Equatable, Sendable {
  /// Turns two losses into a scalar gradient, and knows ε.
  public let estimator: TwoPointEstimator
  /// The learning rate η of every step.
  public let learningRate: LearningRate

  /// Creates a tuner.
  public init(estimator: TwoPointEstimator, learningRate: LearningRate) {
    self.estimator = estimator
    self.learningRate = learningRate
  }

  /// Takes `steps` from `coefficients`, each seeing the updates before it, and returns them.
  ///
  /// A step without a finite update is counted and skipped: it changes and records nothing.
  ///
  /// - Parameters:
  ///   - steps: The numbers of the steps in the whole run, for the learning rate's schedule.
  ///   - objective: The loss. Called once per step.
  ///   - coefficients: A, shape `(K)`; holds the updates so far if an error is thrown.
  ///   - sampler: Chooses the candidates, out of the same K.
  ///   - nextBatch: Returns the batch of the next step.
  ///   - onStep: Told about every step after it; may throw to stop.
  /// - Throws: The first error of `objective`, `nextBatch` or `onStep`.
  public func run<Loss: Objective>(
    steps: Range<Int>,
    on objective: Loss,
    from coefficients: inout Coefficients,
    choosing sampler: inout CandidateSampler,
    nextBatch: () throws -> Loss.Batch,
    onStep: (StepProgress) throws -> Void = { _ in }
  ) throws -> StepHistory {
    precondition(
      sampler.candidateCount == coefficients.count,
      "\(coefficients.count) coefficients, but \(sampler.candidateCount) candidates")
    var history = StepHistory()
    for step in steps {
      let candidate = sampler.next()
      let losses = try objective.losses(
        on: nextBatch(), at: coefficients,
        perturbedBy: Perturbation(candidate: candidate, epsilon: estimator.epsilon))
      let gradient = estimator.scalarGradient(of: losses)
      let record = gradient.flatMap {
        update(&coefficients, along: candidate, gradient: $0, at: step)
      }
      if let record {
        history.append(record, loss: losses.mean)
      } else {
        history.skip()
      }
      try onStep(
        StepProgress(
          step: step, candidate: candidate, losses: losses,
          scalarGradient: record == nil ? nil : gradient))
    }
    return history
  }

  /// Makes the update η · g, or returns `nil` if it or its result exceeds the range of `Float`.
  private func update(
    _ coefficients: inout Coefficients, along candidate: Int, gradient: Double, at step: Int
  ) -> StepRecord? {
    let increment = Float(learningRate.value(at: step) * gradient)
    do {
      try coefficients.add(Double(increment), to: candidate)
      return StepRecord(candidate: candidate, increment: increment)
    } catch {
      return nil
    }
  }
}
