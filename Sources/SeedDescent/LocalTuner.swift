internal import SeedBasis

/// Tunes the coefficients of a seed basis, by steps of zeroth or of first order.
///
/// A zeroth-order step draws a candidate k, measures both sides of it on the next batch, and lets `A_k` grow by
/// η · g. It is what a FedKSeed client does in a round, and with many steps it is MeZO over a fixed
/// pool of directions. A step may try n candidates from one point on one batch, and lets each grow
/// by η · g / n.
///
/// A first-order step, of the estimator ``Estimator/backprop``, asks for the slopes along all K, of which
/// an ``Optimizer`` makes increments.
///
///     var state = TunerState(coefficients: start, sampler: sampler)
///     let step = try tuner.step(&state, on: objective, batch: batches.next())
///
/// Source: FedKSeed, Qin et al. 2023 (arXiv:2312.06353); MeZO, Malladi et al. 2023
/// (arXiv:2305.17333), Algorithm 1 and, for n > 1, Algorithm 2.
public struct LocalTuner: Equatable, Sendable {
  /// How a step measures slopes.
  public let estimator: Estimator
  /// Turns two losses into a scalar gradient, and knows ε and the limits.
  public let twoPoint: TwoPointEstimator
  /// The learning rate η of every step.
  public var learningRate: LearningRate
  /// n, the number of candidates of a step.
  public let directions: Int
  /// Whether a scalar is multiplied by ``CandidateSampler/importance(of:)``.
  public var weighsByImportance = false
  /// The largest `|η · g / n|` that is added, or `nil` for any finite number.
  public var incrementLimit: Float?
  /// What makes increments of the slopes along all K.
  public var optimizer = Optimizer.adam()
  /// The largest Euclidean norm of these slopes, to which longer ones are shortened; `nil` for any.
  public var normLimit: Double?
  /// The candidates whose coefficients a step along all K moves; `nil` for all.
  public var window: Range<Int>?

  /// Creates a tuner.
  ///
  /// - Precondition: `directions` is at least ``Estimator/leastDirections``.
  public init(
    estimator: Estimator = .twoSided, twoPoint: TwoPointEstimator, learningRate: LearningRate,
    directions: Int = 1
  ) {
    precondition(directions >= estimator.leastDirections, "\(directions) directions")
    self.estimator = estimator
    self.twoPoint = twoPoint
    self.learningRate = learningRate
    self.directions = directions
  }

  /// Takes one step and tells `objective`: along candidates that the state's sampler chooses or, with
  /// their exact slopes, along all K.
  ///
  /// A direction without a finite update is counted and skipped: it changes and records nothing.
  ///
  /// - Throws: The first error of `objective`; the coefficients are then as before.
  @discardableResult
  public func step<Loss: Objective>(
    _ state: inout TunerState, on objective: Loss, batch: Loss.Batch
  ) throws -> Step {
    if estimator == .backprop { return try descend(&state, on: objective, batch: batch) }
    let candidates = (0..<directions).map { _ in state.sampler.next() }
    return try step(&state, along: candidates, on: objective, batch: batch)
  }

  /// Takes one zeroth-order step along `candidates`, as many as ``directions``, each below K.
  @discardableResult
  public func step<Loss: Objective>(
    _ state: inout TunerState, along candidates: [Int], on objective: Loss, batch: Loss.Batch
  ) throws -> Step {
    let slopes = try slopes(along: candidates, on: objective, batch, at: state.coefficients)
    let records = zip(candidates, slopes.gradients).map { candidate, gradient in
      gradient.flatMap { move(&state, along: candidate, gradient: $0) }
    }
    let update = StepUpdate.pairs(records.compactMap(\.self))
    objective.move(by: update, to: state.coefficients)
    defer { state.step += 1 }
    return Step(
      number: state.step, candidate: candidates[0], losses: slopes.losses,
      scalarGradient: records[0] == nil ? nil : slopes.gradients[0], update: update,
      skippedCount: directions - update.count)
  }

  /// Takes `count` steps, each seeing the updates before it.
  ///
  /// - Parameters:
  ///   - nextBatch: Returns the batch of the next step.
  ///   - onStep: Told about every step after it; may throw to stop.
  /// - Throws: The first error of `objective`, `nextBatch` or `onStep`; the state then holds the steps
  ///   so far.
  public func run<Loss: Objective>(
    _ count: Int, from state: inout TunerState, on objective: Loss,
    nextBatch: () throws -> Loss.Batch, onStep: (Step) throws -> Void = { _ in }
  ) throws -> StepHistory {
    var history = StepHistory()
    for _ in 0..<count {
      let step = try step(&state, on: objective, batch: nextBatch())
      try history.append(step)
      try onStep(step)
    }
    return history
  }

  /// Makes the update η · g / n, or returns `nil` if it or its result exceeds the range of `Float`.
  private func move(
    _ state: inout TunerState, along candidate: Int, gradient: Double
  ) -> StepRecord? {
    let factor = weighsByImportance ? state.sampler.importance(of: candidate) : 1
    let rate = learningRate.value(at: state.step)
    let increment = Float(rate * (factor * gradient) / Double(directions))
    guard abs(increment) <= incrementLimit ?? .greatestFiniteMagnitude else { return nil }
    do {
      try state.coefficients.add(Double(increment), to: candidate)
      return StepRecord(candidate: candidate, increment: increment)
    } catch {
      return nil
    }
  }
}
