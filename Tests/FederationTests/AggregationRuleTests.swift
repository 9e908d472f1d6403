import CounterRandom
import Federation
import Foundation
import SeedBasis
import Settings
import Testing

/// The rules written out for one coefficient at a time, or one client, without sharing anything.
private enum Obvious {
  static func median(_ values: [Double]) -> Double {
    var rest = values
    while rest.count > 2 {
      rest.remove(at: rest.indices.max { rest[$0] < rest[$1] } ?? 0)
      rest.remove(at: rest.indices.min { rest[$0] < rest[$1] } ?? 0)
    }
    return rest.reduce(0, +) / Double(rest.count)
  }

  static func trimmedMean(_ values: [Double], share: Double) -> Double {
    var rest = values
    for _ in 0..<Int(share * Double(values.count)) {
      rest.remove(at: rest.indices.max { rest[$0] < rest[$1] } ?? 0)
      rest.remove(at: rest.indices.min { rest[$0] < rest[$1] } ?? 0)
    }
    return rest.sorted().reduce(0, +) / Double(rest.count)
  }

  /// Who is taken: those of the lowest sums of squared distances to their n − f − 2 nearest.
  static func krum(_ vectors: [[Double]], liars: Int) -> [Int] {
    var scores: [(score: Double, client: Int)] = []
    for (client, vector) in vectors.enumerated() {
      var distances: [Double] = []
      for (other, another) in vectors.enumerated() where other != client {
        distances.append(zip(vector, another).map { ($0 - $1) * ($0 - $1) }.reduce(0, +))
      }
      distances.sort()
      scores.append((distances.prefix(max(1, vectors.count - liars - 2)).reduce(0, +), client))
    }
    return scores.sorted { $0.score < $1.score }.prefix(vectors.count - liars).map(\.client)
      .sorted()
  }
}

@Suite("Rules of aggregation")
struct AggregationRuleTests {
  /// Movements of some clients, of whom the last ones are far off.
  private static func movements(clients: Int, liars: Int, seed: UInt64) -> [[Double]] {
    var stream = RandomStream(seed: seed, tag: .candidateChoice)
    return (0..<clients).map { client in
      (0..<9).map { _ in (client < clients - liars ? 1 : -40) * (0.5 + stream.uniform()) }
    }
  }

  private static func even(_ count: Int) -> [Double] {
    [Double](repeating: 1 / Double(count), count: count)
  }

  @Test("are what is written out", arguments: [1, 2, 3, 4, 7, 10], [1, 2, 3] as [UInt64])
  func oracle(clients: Int, seed: UInt64) {
    let liars = clients / 4
    let movements = Self.movements(clients: clients, liars: liars, seed: seed)
    let weights = Self.even(clients)
    let columns = movements[0].indices.map { index in movements.map { $0[index] } }
    // The middle two, or the sorted rest, are added in the same order: the same bits.
    #expect(
      AggregationRule.median.combine(movements, weights: weights)
        == columns.map(Obvious.median))
    for share in [0, 0.1, 0.25, 0.4] {
      #expect(
        AggregationRule.trimmedMean(share: share).combine(movements, weights: weights)
          == columns.map { Obvious.trimmedMean($0, share: share) })
    }
    let taken = Obvious.krum(movements, liars: liars)
    let found = AggregationRule.multiKrum(liars: liars).combine(movements, weights: weights)
    for (index, value) in found.enumerated() {
      let mean = taken.reduce(0) { $0 + movements[$1][index] } / Double(taken.count)
      // A sum of n products, each rounded, against a sum divided once: 2n roundings of numbers up to 60.
      #expect(abs(value - mean) <= 2 * Double(clients) * 60 * 0x1p-53)
    }
  }

  @Test("a norm above the limit is shortened to it, one below is left alone")
  func clipped() {
    let rule = AggregationRule.clippedMean(norm: 5)
    #expect(rule.combine([[3, 4]], weights: [1]) == [3, 4])
    #expect(rule.combine([[30, 40]], weights: [1]) == [3, 4])
    #expect(rule.combine([[30, 40], [0, 1]], weights: [0.75, 0.25]) == [2.25, 3.25])
    #expect(rule.combine([[0, 0]], weights: [1]) == [0, 0])
  }

  @Test("as many liars as they are made for leave the sign of every coefficient to the others")
  func liars() {
    for (clients, liars) in [(4, 1), (10, 3)] {
      let movements = Self.movements(clients: clients, liars: liars, seed: 9)
      let weights = Self.even(clients)
      #expect(AggregationRule.mean.combine(movements, weights: weights).allSatisfy { $0 < 0 })
      for rule in [AggregationRule.median, .trimmedMean(share: 0.33), .multiKrum(liars: liars)] {
        let movement = rule.combine(movements, weights: weights)
        #expect(movement.allSatisfy { $0 > 0 && $0 < 1.5 }, "\(rule): \(movement)")
      }
    }
  }

  @Test("the aggregator adds what the rule makes of the updates, also without a client")
  func merged() throws {
    let updates = [
      Example.update(client: 0, examples: 30, all: (0..<16).map { Float($0) / 8 }, steps: 1),
      Example.update(client: 1, examples: 10, all: (0..<16).map { -Float($0) }, steps: 1),
      Example.update(client: 2, examples: 7, all: (0..<16).map { Float($0) / 4 }, steps: 1),
    ]
    func merged(_ rule: AggregationRule, without excluded: Int? = nil) throws -> [Double] {
      var model = AggregatorTests.zero
      try Aggregator(aggregation: rule).merge(updates, into: &model, without: excluded)
      return model.coefficients.values
    }
    #expect(try merged(.median) == (0..<16).map { Double($0) / 8 })
    #expect(try merged(.median, without: 1) == (0..<16).map { Double($0) * 3 / 16 })
  }

  @Test(
    "a text is one rule, and its number is in range",
    arguments: ["mean", "median", "clipped-mean:0.25", "trimmed-mean:0.2", "multi-krum:3"])
  func texts(_ text: String) throws {
    let rule = try AggregationRule(parsing: text)
    #expect(rule.description == text)
    let data = try JSONEncoder().encode([rule])
    #expect(try JSONDecoder().decode([AggregationRule].self, from: data) == [rule])
  }

  @Test(
    "what is no rule is refused",
    arguments: [
      "", "mean:1", "median:", "clipped-mean", "clipped-mean:0", "clipped-mean:nan",
      "clipped-mean:inf", "trimmed-mean:0.5", "trimmed-mean:-0.1", "multi-krum:1.5",
      "multi-krum:-1", "multi-krum:1e300", "krum:1", "Median",
    ])
  func wrong(_ text: String) {
    #expect(throws: SettingsError.self) { try AggregationRule(parsing: text) }
  }
}
