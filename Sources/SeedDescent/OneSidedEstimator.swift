/// Estimates slopes along several directions from losses on one side, in units of their spread.
///
///     g_i = (L(w + ε z_i) − L(w)) / σ      σ the standard deviation of the L(w + ε z_i)
///
/// All directions share `L(w)`, so n of them cost n + 1 passes with one side instead of n with two.
/// As σ ≈ ε ‖∇L‖, the step has the length η whatever the size of the gradient: it is normalised
/// descent, whose learning rate depends little on the model and on ε.
///
/// Source: FZOO (arXiv:2506.09034); σ is the population's, as in its code.
public struct OneSidedEstimator: Equatable, Sendable {
  /// Creates an estimator.
  public init() {}

  /// Returns the scalar gradient of each direction, or `nil` where its loss is not finite.
  ///
  /// All are `nil` if fewer than two losses are finite, all are equal, or `base` is not finite.
  ///
  /// - Parameters:
  ///   - losses: The loss on the plus side of each direction, in nats.
  ///   - base: The unperturbed loss, in nats.
  public func scalarGradients(of losses: [Double], base: Double) -> [Double?] {
    let finite = losses.filter(\.isFinite)
    let mean = finite.reduce(0, +) / Double(finite.count)
    let variance =
      finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)
    let deviation = variance.squareRoot()
    return losses.map { loss in
      let gradient = (loss - base) / deviation
      return finite.count >= 2 && gradient.isFinite ? gradient : nil
    }
  }
}
