public import SeedBasis

/// The losses on the two sides of a perturbation, in nats.
public struct LossPair: Equatable, Sendable {
  /// The loss at w + ε z_k, which is `A_k − ε`.
  public let plus: Double
  /// The loss at w − ε z_k, which is `A_k + ε`.
  public let minus: Double

  /// Creates a pair of losses.
  public init(plus: Double, minus: Double) {
    self.plus = plus
    self.minus = minus
  }

  /// The mean of both sides, which differs from the unperturbed loss by O(ε²).
  public var mean: Double { (plus + minus) / 2 }
}

/// A loss that can be measured beside `w(A)`, on the two sides of a candidate direction, and differentiated.
///
/// The weights are `w(A) = w0 − Σ_k A_k z_k`: a growing coefficient moves *against* its direction.
///
/// One call returns both sides, because a model evaluates them in one pass over its weights.
/// Losses are a function of the batch and the coefficients. An objective that keeps a moved copy of the
/// weights is told of each move, and goes along with it.
public protocol Objective<Batch> {
  /// The examples that one step looks at.
  associatedtype Batch

  /// Returns the losses on `batch` at `w(A) + ε z_k` and `w(A) − ε z_k`.
  ///
  /// A loss that is not finite is a valid answer: the step is then skipped.
  ///
  /// - Parameters:
  ///   - batch: The examples.
  ///   - coefficients: A, shape `(K)`.
  ///   - perturbation: ε and k.
  func losses(
    on batch: Batch, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) throws -> LossPair

  /// Returns the losses on `batch` at `w(A)` and at each `w(A) + ε z_k`.
  ///
  /// - Parameters:
  ///   - batch: The examples.
  ///   - coefficients: A, shape `(K)`.
  ///   - perturbations: ε and k of each direction.
  func oneSidedLosses(
    on batch: Batch, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
  ) throws -> (base: Double, plus: [Double])

  /// Returns the loss on `batch` at `w(A)` and its derivative with respect to A, shape `(K)`.
  ///
  /// - Parameters:
  ///   - batch: The examples.
  ///   - coefficients: A, shape `(K)`.
  func lossAndGradient(
    on batch: Batch, at coefficients: Coefficients
  ) throws -> (loss: Double, gradient: [Double])

  /// Hears that a step has moved the coefficients.
  ///
  /// - Parameters:
  ///   - update: What the step changed.
  ///   - coefficients: A after it.
  func move(by update: StepUpdate, to coefficients: Coefficients)
}

extension Objective {
  /// Does nothing: without a copy of the weights there is nothing to move.
  public func move(by update: StepUpdate, to coefficients: Coefficients) {}
}
