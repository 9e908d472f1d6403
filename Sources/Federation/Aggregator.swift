internal import SeedBasis
internal import SeedDescent

/// Averages the updates of a round into the coefficients.
///
///     Δ_k = Σ_i c_i · Σ_j ρ_ij    c_i = n_i / Σ n,   ρ_ij the increments of client i along k
///
/// in `Double`, clients in ascending order, steps in the order taken: the result does not depend on
/// which client was first to answer. Updates of single coefficients and of all K add up alike.
///
/// Source: FedKSeed's reference code, `server.py`, `aggregate_seed_pool`.
public struct Aggregator: Equatable, Sendable {
  /// The largest `|η · g|` accepted, or `nil` for any finite number.
  public let incrementLimit: Float?

  /// What Δ is: the mean above, or what is made of the clients' sums in its place.
  public let aggregation: AggregationRule

  /// What is made of Δ.
  public let optimizer: ServerOptimizer

  /// What A is rounded to.
  public let precision: CoefficientPrecision

  /// The candidates whose coefficients move; `nil` for all.
  public let window: Range<Int>?

  /// What Δ is in place of all that, where updates are private and the server adds noise.
  public let noise: CentralNoise?

  /// Creates an aggregator.
  public init(
    incrementLimit: Float? = nil, aggregation: AggregationRule = .mean,
    optimizer: ServerOptimizer = .mean, precision: CoefficientPrecision = .binary32,
    window: Range<Int>? = nil, noise: CentralNoise? = nil
  ) {
    self.incrementLimit = incrementLimit
    self.aggregation = aggregation
    self.optimizer = optimizer
    self.precision = precision
    self.window = window
    self.noise = noise
  }

  /// Returns the share c_i of each client in the average, in the order given; their sum is 1.
  ///
  /// With central noise each is their number over that of the clients that a round has on average.
  public func weights(of updates: [ClientUpdate]) -> [Double] {
    if let noise {
      return updates.map { Double($0.exampleCount) / Double(noise.expectedCount) }
    }
    let total = Double(updates.reduce(0) { $0 + $1.exampleCount })
    return updates.map { Double($0.exampleCount) / total }
  }

  /// Moves `model` by the weighted average of `updates`.
  ///
  /// - Parameters:
  ///   - updates: The updates of one round.
  ///   - model: A of K coefficients, and what is carried on.
  ///   - excluded: A client whose term of the sum is left out. The others keep their weights.
  /// - Throws: ``FederationError`` for a step that may not be used, `SeedBasisError` if a coefficient
  ///   would overflow; `model` is then as before.
  /// - Complexity: O(clients · K + steps).
  public func merge(
    _ updates: [ClientUpdate], into model: inout GlobalModel, without excluded: Int? = nil
  ) throws {
    var next = model
    switch optimizer {
    case .mean: try add(updates, to: &next.coefficients, without: excluded)
    case .momentum(let beta):
      var movement = Coefficients(candidateCount: model.coefficients.count)
      if let velocity = model.velocity { try movement.add(velocity, scaledBy: beta) }
      try add(updates, to: &movement, without: excluded)
      try next.coefficients.add(movement, scaledBy: 1)
      next.velocity = movement
    case .adam(let rate, let beta1, let beta2, let tau):
      let zero = Coefficients(candidateCount: model.coefficients.count)
      var movement = zero
      try add(updates, to: &movement, without: excluded)
      let velocity = try (model.velocity ?? zero).mixed(beta1, with: movement.values)
      let squares = movement.values.map { $0 * $0 }
      let second = try (model.secondMoment ?? zero).mixed(beta2, with: squares)
      for (candidate, (v, s)) in zip(velocity.values, second.values).enumerated() {
        try next.coefficients.add(rate * v / (s.squareRoot() + tau), to: candidate)
      }
      (next.velocity, next.secondMoment) = (velocity, second)
    }
    let window = window ?? 0..<model.coefficients.count
    try next.round(to: precision, in: window)
    model = try next.moved(in: window, from: model)
  }

  /// Adds Δ to `coefficients`.
  private func add(
    _ updates: [ClientUpdate], to coefficients: inout Coefficients, without excluded: Int?
  ) throws {
    let updates = updates.sorted { $0.client < $1.client }
    if let noise {
      return try add(updates, noise, to: &coefficients, without: excluded)
    }
    var movements: [[Double]] = []
    var shares: [Double] = []
    for (update, weight) in zip(updates, weights(of: updates)) where update.client != excluded {
      try check(update, candidateCount: coefficients.count)
      var sums = Coefficients(candidateCount: coefficients.count)
      try sums.add(update.update)
      if aggregation == .mean {
        try coefficients.add(sums, scaledBy: weight)
      } else {
        movements.append(sums.values)
        shares.append(weight)
      }
    }
    guard !movements.isEmpty else { return }
    var movement = Coefficients(candidateCount: coefficients.count)
    try movement.replace(
      0..<movement.count, with: aggregation.combine(movements, weights: shares))
    try coefficients.add(movement, scaledBy: 1)
  }

  /// Adds Δ, with noise, to `coefficients` in the window.
  private func add(
    _ updates: [ClientUpdate], _ noise: CentralNoise, to coefficients: inout Coefficients,
    without excluded: Int?
  ) throws {
    let window = window ?? 0..<coefficients.count
    let movements = updates.map {
      (values: $0.update.values(in: window), terms: $0.exampleCount)
    }
    let movement = try noise.movement(
      movements, without: updates.firstIndex { $0.client == excluded }, count: window.count)
    for (candidate, value) in zip(window, movement) {
      try coefficients.add(value, to: candidate)
    }
  }

  /// Throws at the first increment of `update` that may not be used.
  public func check(_ update: ClientUpdate, candidateCount: Int) throws(FederationError) {
    for (number, step) in update.update.records.enumerated() {
      guard (0..<candidateCount).contains(step.candidate) else {
        throw .invalidStep(
          client: update.client, step: number, found: "candidate \(step.candidate)",
          expected: "one below \(candidateCount)")
      }
      let limit = incrementLimit ?? .greatestFiniteMagnitude
      guard abs(step.increment) <= limit else {
        throw .invalidStep(
          client: update.client, step: number, found: "\(step.increment)",
          expected: "a number of magnitude up to \(limit)")
      }
    }
  }
}

extension StepUpdate {
  /// The increments of some candidates, of an update that has those of all.
  fileprivate func values(in window: Range<Int>) -> [Float] {
    guard case .all(let increments) = self else { return [] }
    return Array(increments[window])
  }
}

extension Coefficients {
  /// Returns `share` of these values and the rest of `others`.
  fileprivate func mixed(_ share: Double, with others: [Double]) throws(SeedBasisError) -> Self {
    var result = Coefficients(candidateCount: count)
    for candidate in values.indices {
      try result.add(
        share * values[candidate] + (1 - share) * others[candidate], to: candidate)
    }
    return result
  }
}
