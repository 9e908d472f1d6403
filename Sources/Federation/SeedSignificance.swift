internal import Foundation

/// How FedKSeed-Pro turns the scalars of the past into probabilities.
///
/// The defaults are those of FedKSeed's reference code.
public struct SignificanceRule: Codable, Equatable, Sendable {
  /// The largest magnitude that one scalar counts with; `bias_loss_clip` of the reference.
  public var clip = 1000.0
  /// Whether every history begins with a zero that is averaged in; `grad_initial` of the reference.
  ///
  /// It makes candidates that have rarely been drawn less likely.
  public var hasLeadingZero = true
  /// Whether updates are weighed by `1 / (K p_k)`, so that their mean is that of uniform draws.
  ///
  /// The reference does not: its descent prefers the directions that it draws more often.
  public var isUnbiased = false

  /// Creates the reference's rule.
  public init() {}
}

/// How large the scalar gradients along each candidate have been: the state of FedKSeed-Pro.
///
///     ζ_k  = mean_j min(|g_kj|, clip)                       over all clients and rounds so far
///     ζ'_k = (ζ_k − min ζ) / (max ζ + 10⁻¹⁰ − min ζ)
///     p    = softmax ζ'
///
/// So no candidate is more than e times as likely as another, and with no scalars all are equal.
///
/// Source: FedKSeed, arXiv:2312.06353; its reference code, `server.py`, `calculate_probabilities`.
public struct SeedSignificance: Codable, Equatable, Sendable {
  /// How many scalars each candidate has had, shape `(K)`.
  public private(set) var counts: [Int]
  /// The sum of their clipped magnitudes, shape `(K)`.
  public private(set) var magnitudes: [Double]

  /// Creates the significance of K candidates that have not been drawn.
  public init(candidateCount: Int) {
    counts = [Int](repeating: 0, count: candidateCount)
    magnitudes = [Double](repeating: 0, count: candidateCount)
  }

  /// Counts a scalar gradient along `candidate`.
  public mutating func record(_ scalar: Double, of candidate: Int, by rule: SignificanceRule) {
    counts[candidate] += 1
    magnitudes[candidate] += min(abs(scalar), rule.clip)
  }

  /// Returns ζ of every candidate, shape `(K)`; 0 without scalars.
  public func amplitudes(by rule: SignificanceRule) -> [Double] {
    zip(counts, magnitudes).map { count, sum in
      let divisor = count + (rule.hasLeadingZero ? 1 : 0)
      return divisor == 0 ? 0 : sum / Double(divisor)
    }
  }

  /// Returns p of every candidate, shape `(K)`, rounded as it is sent.
  public func probabilities(by rule: SignificanceRule) -> [Float] {
    let amplitudes = amplitudes(by: rule)
    let smallest = amplitudes.min() ?? 0
    let span = (amplitudes.max() ?? 0) + 1e-10 - smallest
    let scaled = amplitudes.map { ($0 - smallest) / span }
    let largest = scaled.max() ?? 0
    let powers = scaled.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    return powers.map { Float($0 / total) }
  }
}
