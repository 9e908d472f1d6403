/// How a step measures slopes.
public enum Estimator: String, Codable, CaseIterable, Sendable {
  /// From the two losses of each direction: ``TwoPointEstimator``.
  case twoSided = "two-sided"
  /// From one loss of each direction and one that all share: ``OneSidedEstimator``.
  case oneSided = "one-sided"
  /// From a backward pass, exactly and along all K directions at once.
  case backprop

  /// The fewest directions that a step may have.
  public var leastDirections: Int { self == .oneSided ? 2 : 1 }
}
