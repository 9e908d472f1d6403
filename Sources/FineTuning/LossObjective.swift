public import LanguageModels
public import SeedBasis
public import ZerothOrder

internal import Kernels
internal import Synchronization
internal import Weights

/// The loss of a language model as a function of the coefficients: what zeroth-order tuning minimises.
///
/// Both sides `w(A) ± ε z_k` come from one pass over the weights. Perturbed weights exist in tile
/// scratch only.
public final class LossObjective: Objective {
  /// Examples, packed.
  public typealias Batch = PackedBatch

  private let base: BaseModel
  private let basis: SeedBasis
  private let mode: WeightMode
  private let storage: DenseStorage
  private let copy = Mutex<Copy?>(nil)

  /// A dense copy of the weights and the coefficients it stands at.
  private struct Copy {
    let weights: DenseWeights
    var coefficients: Coefficients
  }

  /// Creates the objective of `base` along the directions of `basis`.
  ///
  /// - Parameter storage: The type of the copy that `dense` makes.
  public init(base: BaseModel, basis: SeedBasis, mode: WeightMode, storage: DenseStorage = .f32) {
    self.base = base
    self.basis = basis
    self.mode = mode
    self.storage = storage
  }

  /// Returns the mean loss of the examples of `batch` on both sides of `w(A)`.
  ///
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  public func losses(
    on batch: PackedBatch, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) throws -> LossPair {
    let sides = try base.model.losses(
      of: batch, weights: weights(at: coefficients, perturbation: perturbation))
    let means = sides.map { $0.reduce(0) { $0 + $1.mean } / Double($0.count) }
    return LossPair(plus: means[0], minus: means[1])
  }

  /// Moves the private copy of the weights, if there is one, to `coefficients`, as a step there would.
  ///
  /// Each update of the copy rounds, so its last bits depend on the way it went: a run that resumes
  /// leads its copy along the same way.
  public func follow(to coefficients: Coefficients) {
    if mode == .dense { _ = dense(at: coefficients) }
  }

  /// Returns the weights `w(A)`, on two sides if there is a perturbation.
  private func weights(
    at coefficients: Coefficients, perturbation: Perturbation
  ) -> any WeightSource {
    switch mode {
    case .virtual:
      CombinedWeights(
        base: base.store, basis: basis, coefficients: coefficients, perturbation: perturbation,
        instructionSet: base.instructionSet)
    case .dense:
      dense(at: coefficients).perturbed(by: perturbation)
    }
  }

  /// Returns the private copy of the weights, moved to `coefficients`.
  ///
  /// One step changes one coefficient, and the copy follows it. Any other change, such as a new round,
  /// rebuilds the copy from the base file.
  private func dense(at coefficients: Coefficients) -> DenseWeights {
    copy.withLock { copy in
      guard let weights = copy?.weights, let old = copy?.coefficients else {
        let weights = DenseWeights(
          copying: base.store, basis: basis, coefficients: coefficients, storage: storage,
          threads: base.threads, instructionSet: base.instructionSet)
        copy = Copy(weights: weights, coefficients: coefficients)
        return weights
      }
      let changed = coefficients.values.indices.filter {
        coefficients.values[$0] != old.values[$0]
      }
      if changed.count > 1 {
        weights.rebuild(from: base.store, coefficients: coefficients, threads: base.threads)
      } else if let candidate = changed.first {
        let amount = coefficients.values[candidate] - old.values[candidate]
        weights.update(along: candidate, by: Float(amount))
      }
      copy?.coefficients = coefficients
      return weights
    }
  }
}
