public import FineTuning
public import SeedBasis

internal import Kernels
internal import LanguageModels
public import SeedDescent

/// Full steps, one after the other, on one batch.
///
/// A step measures the losses on both sides of a candidate and moves `A` by η·g or, with the estimator
/// `backprop`, measures the slopes along all K and moves `A` by what Adam makes of them. What `dense` notes
/// as a pending update is applied during the next step, so that every step but the first pays for one.
public struct StepLoop {
  private let tuner: LocalTuner
  private let objective: LossObjective
  private let batch: TuningBatch
  private var state: TunerState

  /// Starts where `virtual` has a sum to add with hadamard, and at zero with the other bases: adding
  /// all their directions to a dense copy takes minutes.
  public init(
    _ base: LoadedModel, _ basis: BasisKind, mode: WeightMode, storage: DenseStorage = .f32,
    tokenCount: Int, candidates: Int = 4096, estimator: Estimator = .twoSided,
    recompute: Recomputation = .always
  ) throws {
    objective = LossObjective(
      base: base, basis: try .benchmark(basis, candidates: candidates), mode: mode,
      storage: storage, keeping: recompute.keeping)
    batch = TuningBatch(
      Texts.batch(tokenCount, vocabularySize: base.model.configuration.vocabularySize))
    tuner = LocalTuner(
      estimator: estimator, twoPoint: try TwoPointEstimator(epsilon: 1e-3),
      learningRate: try LearningRate(constant: 1e-6))
    state = TunerState(
      coefficients: basis == .hadamard
        ? try .benchmark(candidates: candidates) : Coefficients(candidateCount: candidates),
      sampler: CandidateSampler(candidateCount: candidates, seed: 1))
  }

  /// Takes a step and returns its loss, in nats; of two sides their mean.
  public mutating func next() throws -> Double {
    if tuner.estimator == .backprop {
      return try tuner.step(&state, on: objective, batch: batch).losses.mean
    }
    let candidate = (state.step * 1237) % state.coefficients.count
    return try tuner.step(&state, along: [candidate], on: objective, batch: batch).losses.mean
  }

  /// Takes several steps and returns the mean loss of the last, in nats.
  public mutating func run(steps: Int) throws -> Double {
    var loss = 0.0
    for _ in 0..<steps { loss = try next() }
    return loss
  }
}
