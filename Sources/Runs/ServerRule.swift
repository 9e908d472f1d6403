internal import Federation

/// What a server makes of a round's updates: all that a log must say beside them to be played again.
struct ServerRule: Codable, Sendable {
  private let optimizer: ServerOptimizer
  private let precision: CoefficientPrecision

  /// The rule of a federation.
  init(_ settings: FederationSettings) {
    (optimizer, precision) = (settings.optimizer, settings.precision)
  }

  /// The rule of early versions.
  init(momentum: Double) {
    (optimizer, precision) = (ServerOptimizer(momentum: momentum), .binary32)
  }

  /// Whether a server can have had it.
  var isValid: Bool { (try? optimizer.validate()) != nil }

  /// What does the same again.
  var aggregator: Aggregator { Aggregator(optimizer: optimizer, precision: precision) }
}
