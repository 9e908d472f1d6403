/// How likely each candidate is, in FedKSeed-Pro.
public struct CandidateDistribution: Equatable, Sendable {
  /// p, positive, in any unit, shape `(K)`, as it is sent.
  public let probabilities: [Float]
  /// p in binary64.
  let weights: [Double]
  private let total: Double

  /// Creates a distribution.
  public init(_ probabilities: [Float]) {
    self.probabilities = probabilities
    weights = probabilities.map(Double.init)
    total = weights.reduce(0, +)
  }

  /// Returns `1 / (K p_k)`, by which a scalar must be multiplied if its mean over all candidates is
  /// to be that of equally likely ones.
  public func importance(of candidate: Int) -> Double {
    total / (Double(weights.count) * weights[candidate])
  }
}
