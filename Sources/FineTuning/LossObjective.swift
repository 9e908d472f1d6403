public import LanguageModels
public import SeedBasis
public import SeedDescent
internal import Synchronization
internal import Tensors

/// The loss of a language model as a function of the coefficients: what tuning minimises.
///
/// Both sides `w(A) ± ε z_k` come from one pass over the weights, slopes along all K directions from a
/// pass and its way back. Perturbed weights exist in tile
/// scratch only.
public final class LossObjective: Objective {
  /// Examples, packed.
  public typealias Batch = TuningBatch

  private let base: LoadedModel
  private let basis: SeedBasis
  private let mode: WeightMode
  private let storage: DenseStorage
  private let objective: TuningObjective
  private let keeping: BackwardPass.Keeping
  private let copy = Mutex<Copy?>(nil)

  /// A dense copy of the weights and the coefficients it stands at.
  private struct Copy {
    let weights: DenseWeights
    var coefficients: Coefficients

    /// Moves along each candidate once, in ascending order, by what its coefficient has changed.
    mutating func move(along candidates: Set<Int>, to coefficients: Coefficients) {
      for candidate in candidates.sorted() {
        let (old, new) = (
          self.coefficients.values[candidate], coefficients.values[candidate]
        )
        if new != old { weights.update(along: candidate, by: Float(new - old)) }
      }
      self.coefficients = coefficients
    }
  }

  /// Creates the objective of `base` along the directions of `basis`.
  ///
  /// - Parameters:
  ///   - storage: The type of the copy that `dense` makes.
  ///   - objective: What is called the loss here.
  ///   - keeping: What a backward pass keeps of each layer on the way up.
  public init(
    base: LoadedModel, basis: SeedBasis, mode: WeightMode, storage: DenseStorage = .f32,
    objective: TuningObjective = .loss, keeping: BackwardPass.Keeping = .inputs
  ) {
    self.base = base
    self.basis = basis
    self.mode = mode
    self.storage = storage
    self.objective = objective
    self.keeping = keeping
  }

  /// Creates the objective that `settings` describe.
  convenience init(base: LoadedModel, basis: SeedBasis, settings: TuningSettings) {
    self.init(
      base: base, basis: basis, mode: settings.effectiveMode, storage: settings.storage,
      objective: settings.objective, keeping: settings.recompute.keeping)
  }

  /// Returns the loss of `batch` on both sides of `w(A)`.
  ///
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  public func losses(
    on batch: TuningBatch, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) throws -> LossPair {
    guard objective.metric == nil else {
      let opposite = Perturbation(
        candidate: perturbation.candidate, epsilon: -perturbation.epsilon)
      let sides = try [perturbation, opposite].map {
        try loss(of: batch, weights: oneSide(at: coefficients, perturbation: $0))
      }
      return LossPair(plus: sides[0], minus: sides[1])
    }
    let sides = try base.batchLosses(
      of: batch, weights: weights(at: coefficients, perturbation: perturbation))
    return LossPair(plus: objective.mean(of: sides.plus), minus: objective.mean(of: sides.minus))
  }

  /// Returns the losses of `batch` at `w(A)` and at each `w(A) + ε z_k`.
  ///
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  public func oneSidedLosses(
    on batch: TuningBatch, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
  ) throws -> (base: Double, plus: [Double]) {
    let losses = try ([nil] + perturbations).map { perturbation in
      try loss(of: batch, weights: oneSide(at: coefficients, perturbation: perturbation))
    }
    return (losses[0], Array(losses.dropFirst()))
  }

  /// Returns the loss of `batch` at `w(A)` and its slopes along all K directions.
  ///
  /// - Precondition: The objective is no metric.
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  public func lossAndGradient(
    on batch: TuningBatch, at coefficients: Coefficients
  ) throws -> (loss: Double, gradient: [Double]) {
    precondition(objective.metric == nil, "a metric of answers has no gradient")
    let weights = try oneSide(at: coefficients, perturbation: nil)
    let gradient = CoefficientGradient(basis, of: weights.parameters, context: base.context)
    let losses = try base.batchLosses(
      of: batch, objective, weights: weights, gradients: gradient, keeping: keeping)
    return (objective.mean(of: losses), gradient.values)
  }

  private func loss(of batch: TuningBatch, weights: some WeightSource) throws -> Double {
    guard let metric = objective.metric else {
      return objective.mean(of: try base.batchLosses(of: batch, weights: weights))
    }
    let losses = try batch.passes.map { pass in
      let loss = try base.answerLoss(of: pass.packed, by: metric, weights: weights)
      return loss * Double(pass.exampleCount)
    }
    return losses.reduce(0, +) / Double(batch.exampleCount)
  }

  /// Returns the weights `w(A)`, or `w(A) + ε z_k`, which is the same as `A_k − ε`.
  private func oneSide(
    at coefficients: Coefficients, perturbation: Perturbation?
  ) throws -> CombinedWeights {
    let source: any WeightSource = mode == .virtual ? base.store : dense(at: coefficients)
    var moved =
      mode == .virtual ? coefficients : Coefficients(candidateCount: coefficients.count)
    if let perturbation {
      try moved.add(-Double(perturbation.epsilon), to: perturbation.candidate)
    }
    return CombinedWeights(
      base: source, basis: basis, coefficients: moved, context: base.context)
  }

  /// Makes the private copy of the weights, if the mode has one, at `coefficients`.
  ///
  /// Each update of the copy rounds, so its last bits depend on the way it went: a run that resumes
  /// starts its copy where the run started, and leads it along the same way by ``move(by:to:)``.
  public func start(at coefficients: Coefficients) {
    if mode == .dense { _ = dense(at: coefficients) }
  }

  /// Moves the private copy of the weights, if there is one, as `update` has moved the coefficients.
  ///
  /// Of a change of all of them it need not know: the copy is then made anew where it is read.
  public func move(by update: StepUpdate, to coefficients: Coefficients) {
    guard case .pairs(let records) = update else { return }
    copy.withLock { $0?.move(along: Set(records.map(\.candidate)), to: coefficients) }
  }

  /// Returns both sides `w(A) ± ε z_k`.
  private func weights(
    at coefficients: Coefficients, perturbation: Perturbation
  ) -> PerturbedWeights {
    switch mode {
    case .virtual:
      CombinedWeights(
        base: base.store, basis: basis, coefficients: coefficients, context: base.context
      ).perturbed(by: perturbation)
    case .dense:
      dense(at: coefficients).perturbed(by: perturbation)
    }
  }

  /// Returns the private copy of the weights, which stands at `coefficients` or is made anew there.
  private func dense(at coefficients: Coefficients) -> DenseWeights {
    copy.withLock { copy in
      if let copy, copy.coefficients == coefficients { return copy.weights }
      if let weights = copy?.weights {
        weights.rebuild(at: coefficients)
        copy?.coefficients = coefficients
        return weights
      }
      let weights = DenseWeights(
        copying: base.store, basis: basis, coefficients: coefficients, storage: storage,
        context: base.context)
      copy = Copy(weights: weights, coefficients: coefficients)
      return weights
    }
  }
}
