import Kernels

/// A two-sided perturbation `± ε z_k` of all weights.
///
/// The two sides give the scalar gradient `g = (L(w + εz) − L(w − εz)) / 2ε`.
public struct Perturbation: Sendable, Equatable {
  /// The candidate's index `k`.
  public let candidate: Int
  /// The radius `ε`, in units of the weights.
  public let epsilon: Float

  /// Creates the perturbation by `± epsilon · z_candidate`.
  public init(candidate: Int, epsilon: Float) {
    self.candidate = candidate
    self.epsilon = epsilon
  }

  var term: DirectionTerm { DirectionTerm(candidate: candidate, coefficient: epsilon) }
}
