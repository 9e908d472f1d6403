public import SeedBasis
internal import SeedDescent

/// Averages the updates of a round into the coefficients.
///
///     A_k += Σ_i c_i · Σ_j ρ_ij    c_i = n_i / Σ n,   ρ_ij the increments of client i along k
///
/// in `Double`, clients in ascending order, steps in the order taken: the result does not depend on
/// which client was first to answer.
///
/// Source: FedKSeed's reference code, `server.py`, `aggregate_seed_pool`.
public struct Aggregator: Equatable, Sendable {
  /// The largest `|η · g|` accepted, or `nil` for any finite number.
  public let incrementLimit: Float?

  /// β, how much of a round's movement goes on in the next; 0 for none.
  public let momentum: Double

  /// Creates an aggregator.
  public init(incrementLimit: Float? = nil, momentum: Double = 0) {
    self.incrementLimit = incrementLimit
    self.momentum = momentum
  }

  /// Returns the share c_i of each client in the average, in the order given; their sum is 1.
  public func weights(of updates: [ClientUpdate]) -> [Double] {
    let total = Double(updates.reduce(0) { $0 + $1.exampleCount })
    return updates.map { Double($0.exampleCount) / total }
  }

  /// Adds the weighted average of `updates` to `coefficients`.
  ///
  /// - Parameters:
  ///   - updates: The updates of one round.
  ///   - coefficients: A, shape `(K)`.
  ///   - excluded: A client whose term of the sum is left out. The others keep their weights.
  /// - Throws: ``FederationError`` for a step that may not be used, `SeedBasisError` if a coefficient
  ///   would overflow; `coefficients` is then as before.
  /// - Complexity: O(clients · K + steps).
  public func merge(
    _ updates: [ClientUpdate], into coefficients: inout Coefficients, without excluded: Int? = nil
  ) throws {
    let updates = updates.sorted { $0.client < $1.client }
    var result = coefficients
    for (update, weight) in zip(updates, weights(of: updates)) where update.client != excluded {
      let sums = try incrementSums(of: update, candidateCount: coefficients.count)
      try result.add(sums, scaledBy: weight)
    }
    coefficients = result
  }

  /// Adds the weighted average of `updates` to `coefficients`, with momentum.
  ///
  ///     v ← β v + Σ_i c_i ρ_i,   A ← A + v
  ///
  /// Source: FedAvgM, Hsu et al. 2019 (arXiv:1909.06335), with the server's learning rate 1.
  ///
  /// - Parameter velocity: v, `nil` before the first round; stays so without momentum.
  public func merge(
    _ updates: [ClientUpdate], into coefficients: inout Coefficients,
    velocity: inout Coefficients?, without excluded: Int? = nil
  ) throws {
    guard momentum > 0 else {
      return try merge(updates, into: &coefficients, without: excluded)
    }
    var movement = Coefficients(candidateCount: coefficients.count)
    if let velocity { try movement.add(velocity, scaledBy: momentum) }
    try merge(updates, into: &movement, without: excluded)
    try coefficients.add(movement, scaledBy: 1)
    velocity = movement
  }

  /// Throws at the first step of `update` that may not be used.
  public func check(_ update: ClientUpdate, candidateCount: Int) throws(FederationError) {
    for (number, step) in update.steps.enumerated() {
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

  /// Returns Σ_j ρ_ij for every candidate.
  private func incrementSums(
    of update: ClientUpdate, candidateCount: Int
  ) throws -> Coefficients {
    try check(update, candidateCount: candidateCount)
    var sums = Coefficients(candidateCount: candidateCount)
    for step in update.steps { try sums.add(Double(step.increment), to: step.candidate) }
    return sums
  }
}
