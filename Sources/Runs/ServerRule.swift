internal import Federation

/// What a server makes of a round's updates: all that a log must say beside them to be played again.
struct ServerRule: Codable, Sendable {
  /// `nil` for the mean, as in logs from before there were others.
  private let aggregation: AggregationRule?
  private let optimizer: ServerOptimizer
  private let precision: CoefficientPrecision
  private let window: Range<Int>?
  /// `nil` without central noise.
  private let noise: CentralNoise?

  /// The rule of a server in a round.
  init(_ settings: FederationSettings, round: Int, noise: CentralNoise?) {
    self.noise = noise
    aggregation = settings.aggregation == .mean ? nil : settings.aggregation
    (optimizer, precision) = (settings.optimizer, settings.precision)
    window = settings.sentWindow(of: round)
  }

  /// The rule of early versions.
  init(momentum: Double) {
    (aggregation, noise) = (nil, nil)
    (optimizer, precision, window) = (ServerOptimizer(momentum: momentum), .binary32, nil)
  }

  /// Whether the clients of a round are chosen one by one, so that there may be none.
  var mayLackClients: Bool { noise != nil }

  /// Whether a server of K candidates can have had it; `nil` where K is not known.
  func isValid(candidateCount: Int?) -> Bool {
    let range = 0...(candidateCount ?? .max)
    return (try? optimizer.validate()) != nil
      && (window.map { range.contains($0.lowerBound) && range.contains($0.upperBound) } ?? true)
      && noise?.isValid(count: window?.count ?? candidateCount ?? 1) ?? true
  }

  /// What does the same again.
  var aggregator: Aggregator {
    Aggregator(
      aggregation: aggregation ?? .mean, optimizer: optimizer, precision: precision, window: window,
      noise: noise)
  }
}
