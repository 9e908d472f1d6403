internal import CounterRandom
internal import SeedBasis

/// What a server that is trusted does with the private updates of a round: their sum, noise on it, and
/// all of it divided by the number of clients that were to be expected.
///
///     Δ = γ (Σ_i q_i + noise) / m
///
/// So one client more or less, whichever, changes what is divided by a vector of norm C at most.
public struct CentralNoise: Codable, Equatable, Sendable {
  /// The rule, of central placement.
  public let rule: PrivacyRule
  /// How the clients send numbers.
  public let precision: CoefficientPrecision
  /// m, the number of clients that a round has on average.
  public let expectedCount: Int
  /// The round, which has noise of its own.
  public let round: Int
  private let secret: PrivacySecret

  /// Creates what a federation asks for; `nil` without central noise.
  init?(_ settings: FederationSettings, secret: PrivacySecret?, round: Int) {
    guard let rule = settings.privacy, rule.placement == .central, let secret else { return nil }
    (self.rule, precision, self.round) = (rule, settings.precision, round)
    (expectedCount, self.secret) = (settings.participantCount, secret)
  }

  /// Whether a federation of updates of `count` numbers can have it.
  package func isValid(count: Int) -> Bool {
    rule.placement == .central && (try? rule.checkNumbers(count: count, precision)) != nil
      && expectedCount > 0 && round >= 0
  }

  /// Returns Δ.
  ///
  /// - Parameters:
  ///   - movements: Of all who answered, on the grid; each of shape `(n)`, with how many clients it is of.
  ///   - excluded: The place of one whose term is left out; the noise is what it was with it.
  ///   - count: n.
  /// - Throws: ``FederationError`` if a movement is not on the grid.
  func movement(
    _ movements: [(values: [Float], terms: Int)], without excluded: Int?, count: Int
  ) throws -> [Double] {
    let grid = rule.grid(precision)
    var sum = [Int](repeating: 0, count: count)
    for movement in movements { sum.add(try integers(movement, grid)) }
    // No two sums have the same noise, so that none can be had without it by a difference.
    var stream = secret.stream("central noise", of: [round].bytes + sum.bytes)
    if let noise = grid.noise { sum = sum.map { $0 + noise.next(using: &stream) } }
    if let excluded { sum.add(try integers(movements[excluded], grid).map { -$0 }) }
    return sum.map { Double($0) * grid.step / Double(expectedCount) }
  }

  private func integers(
    _ movement: (values: [Float], terms: Int), _ grid: PrivacyGrid
  ) throws(FederationError) -> [Int] {
    guard let integers = grid.integers(of: movement.values, terms: movement.terms) else {
      throw .invalidStep(
        client: -1, step: 0, found: "an increment between two steps",
        expected: "multiples of \(grid.step)")
    }
    return integers
  }
}

extension [Int] {
  /// Adds as many numbers.
  fileprivate mutating func add(_ others: [Int]) {
    for (place, other) in zip(indices, others) { self[place] += other }
  }
}

extension FederationSettings {
  /// The clients of a round, in ascending order, each chosen by itself, with the share of clients that
  /// take part as its probability.
  ///
  /// Who takes part is then not known to those who know the seed, and the guarantee of a sample holds.
  func participants(of round: Int, by secret: PrivacySecret) -> [Int] {
    var stream = secret.stream("participants", of: [round].bytes)
    let share = Double(participantCount) / Double(clientCount)
    return (0..<clientCount).filter { _ in stream.uniform() < share }
  }
}
