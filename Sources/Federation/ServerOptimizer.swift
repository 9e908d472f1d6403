package import Settings

/// What the server makes of a round's movement Δ = Σ_i c_i ρ_i, the weighted mean of the clients'.
public enum ServerOptimizer: Codable, Equatable, Sendable {
  /// A ← A + Δ.
  ///
  /// Source: FedKSeed; FedAvg, McMahan et al. 2017 (arXiv:1602.05629).
  case mean

  /// v ← β v + Δ, A ← A + v; β from 0 and below 1.
  ///
  /// Source: FedAvgM, Hsu et al. 2019 (arXiv:1909.06335), with the server's learning rate 1.
  case momentum(beta: Double)

  /// v ← β₁ v + (1 − β₁) Δ, s ← β₂ s + (1 − β₂) Δ², A ← A + η v / (√s + τ).
  ///
  /// β from 0 and below 1, η and τ positive. τ is in the units of Δ: what is far below it moves in
  /// proportion to Δ, what is far above it by about η.
  ///
  /// Source: FedAdam, Reddi et al. 2021 (arXiv:2003.00295), Algorithm 2, which does not correct the
  /// bias of v and s either.
  case adam(learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.99, tau: Double)

  /// Creates the rule of a momentum; 0 is ``mean``.
  public init(momentum: Double) { self = momentum == 0 ? .mean : .momentum(beta: momentum) }

  /// Throws ``SettingsError`` unless its numbers are in their ranges.
  package func validate() throws(SettingsError) {
    try SettingsError.keptShare(momentum, .serverMomentum)
    guard case .adam(let learningRate, _, let beta2, let tau) = self else { return }
    _ = try SettingsError.positive(learningRate, .serverLearningRate)
    try SettingsError.keptShare(beta2, .serverBeta2)
    _ = try SettingsError.positive(tau, .serverTau)
  }

  /// β, or β₁: how much of a round's movement goes on in the next.
  public var momentum: Double {
    switch self {
    case .mean: 0
    case .momentum(let beta): beta
    case .adam(_, let beta1, _, _): beta1
    }
  }
}
