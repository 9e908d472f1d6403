public import SeedBasis

/// Tunes the coefficients of a seed basis by zeroth-order steps.
///
/// A step draws a candidate k, measures both sides of it on the next batch, and lets `A_k` grow by
/// η · g. It is what a FedKSeed client does in a round, and with many steps it is MeZO over a fixed
/// pool of directions. A step may try n candidates from one point on one batch, and lets each grow
/// by η · g / n.
///
/// The amount is rounded to the `Float` in the record *before* it is added. So whoever replays the
/// records from the same start arrives at the same coefficients, bit for bit.
///
/// Source: FedKSeed, Qin et al. 2023 (arXiv:2312.06353); MeZO, Malladi et al. 2023
/// (arXiv:2305.17333), Algorithm 1 and, for n > 1, Algorithm 2.
public struct LocalTuner: Equatable, Sendable {
  /// How many losses give a scalar gradient.
  public enum Sides: String, Codable, CaseIterable, Sendable {
    /// The two of each direction: ``TwoPointEstimator``.
    case two = "two-sided"
    /// One of each direction and one that all share: ``OneSidedEstimator``.
    case one = "one-sided"
  }

  /// Turns two losses into a scalar gradient, and knows ε and the limits.
  public let estimator: TwoPointEstimator
  /// The learning rate η of every step.
  public var learningRate: LearningRate
  /// How many losses give a scalar gradient.
  public let sides: Sides
  /// n, the number of candidates of a step.
  public let directions: Int
  /// Whether a scalar is multiplied by ``CandidateSampler/importance(of:)``.
  public var weighsByImportance = false

  /// Creates a tuner.
  ///
  /// - Precondition: `directions` is at least 1, and at least 2 with one side.
  public init(
    estimator: TwoPointEstimator, learningRate: LearningRate, sides: Sides = .two,
    directions: Int = 1
  ) {
    precondition(directions >= (sides == .two ? 1 : 2), "\(directions) directions")
    self.estimator = estimator
    self.learningRate = learningRate
    self.sides = sides
    self.directions = directions
  }

  /// Takes `steps` from `coefficients`, each seeing the updates before it, and returns them.
  ///
  /// A direction without a finite update is counted and skipped: it changes and records nothing.
  ///
  /// - Parameters:
  ///   - steps: The numbers of the steps in the whole run, for the learning rate's schedule.
  ///   - objective: The loss.
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
      let candidates = (0..<directions).map { _ in sampler.next() }
      let estimate = try estimate(candidates, on: objective, nextBatch(), at: coefficients)
      var firstGradient: Double?
      for (place, gradient) in estimate.gradients.enumerated() {
        let factor = weighsByImportance ? sampler.importance(of: candidates[place]) : 1
        if let gradient,
          let record = update(
            &coefficients, along: candidates[place], gradient: factor * gradient, at: step)
        {
          history.append(record, loss: estimate.losses.mean)
          if place == 0 { firstGradient = gradient }
        } else {
          history.skip()
        }
      }
      try onStep(
        StepProgress(
          step: step, candidate: candidates[0], losses: estimate.losses,
          scalarGradient: firstGradient))
    }
    return history
  }

  /// Makes the update η · g / n, or returns `nil` if it or its result exceeds the range of `Float`.
  private func update(
    _ coefficients: inout Coefficients, along candidate: Int, gradient: Double, at step: Int
  ) -> StepRecord? {
    let increment = Float(learningRate.value(at: step) * gradient / Double(directions))
    do {
      try coefficients.add(Double(increment), to: candidate)
      return StepRecord(candidate: candidate, increment: increment)
    } catch {
      return nil
    }
  }
}
