public import Settings

/// Estimates the slope of the loss along a direction from its values on both sides.
///
///     g = (L(w + ε z) − L(w − ε z)) / 2ε
///
/// and `g · z` estimates the gradient of the loss.
///
/// Source: MeZO, Malladi et al. 2023 (arXiv:2305.17333), Definition 1.
public struct TwoPointEstimator: Equatable, Sendable {
  /// The distance ε between the weights and either side, in units of z; positive and finite.
  public let epsilon: Float

  /// The largest `|L₊ − L₋|`, in nats, that counts as an estimate; `nil` for no limit.
  ///
  /// FedKSeed's reference code calls it `grad_clip`; it clips nothing, it drops the step.
  public let lossDifferenceLimit: Double?

  /// The largest magnitude of a scalar gradient, to which larger ones are cut; `nil` for no limit.
  public let clip: Double?

  /// Creates an estimator.
  ///
  /// - Throws: ``SettingsError`` unless `epsilon` and the limits, if any, are positive and finite.
  public init(
    epsilon: Float, lossDifferenceLimit: Double? = nil, clip: Double? = nil
  ) throws(SettingsError) {
    self.epsilon = try SettingsError.positive(epsilon, .epsilon)
    if let lossDifferenceLimit {
      _ = try SettingsError.positive(lossDifferenceLimit, .lossDifferenceLimit)
    }
    self.lossDifferenceLimit = lossDifferenceLimit
    if let clip { _ = try SettingsError.positive(clip, .scalarClip) }
    self.clip = clip
  }

  /// Returns the scalar gradient g, or `nil` if the losses give none.
  ///
  /// There is none when a loss or the quotient is not finite, or when the losses differ by more
  /// than ``lossDifferenceLimit``.
  public func scalarGradient(of losses: LossPair) -> Double? {
    let difference = losses.plus - losses.minus
    if let lossDifferenceLimit, !(abs(difference) <= lossDifferenceLimit) { return nil }
    let gradient = difference / (2 * Double(epsilon))
    return gradient.isFinite ? clipped(gradient) : nil
  }

  /// Returns `gradient`, cut to ``clip``.
  func clipped(_ gradient: Double) -> Double {
    guard let clip else { return gradient }
    return min(max(gradient, -clip), clip)
  }
}
