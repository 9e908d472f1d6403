import Federation
import SeedBasis
import Testing
import SeedDescent

@Suite("Aggregator")
struct AggregatorTests {
  static func merged(_ updates: [ClientUpdate]) throws -> [Double] {
    var coefficients = Coefficients(candidateCount: 16)
    try coefficients.add(1, to: 3)
    try Aggregator().merge(updates, into: &coefficients)
    return coefficients.values
  }

  @Test("increments are averaged with the number of examples as weight, and added")
  func weightedMean() throws {
    let updates = [
      Example.update(client: 0, examples: 30, steps: [(3, 1), (5, 2), (3, 0.5)]),
      Example.update(client: 1, examples: 10, steps: [(3, -2), (7, 8)]),
    ]
    var expected = [Double](repeating: 0, count: 16)
    expected[3] = 1 + 0.75 * 1.5 + 0.25 * -2
    expected[5] = 0.75 * 2
    expected[7] = 0.25 * 8
    #expect(try Self.merged(updates) == expected)
    #expect(Aggregator().weights(of: updates) == [0.75, 0.25])
  }

  @Test("the learning rate does not grow with the number of clients", arguments: [1, 2, 4, 8])
  func scale(clients: Int) throws {
    let updates = (0..<clients).map { Example.update(client: $0, steps: [(0, 0.5), (3, -1)]) }
    let one = try Self.merged([Example.update(client: 0, steps: [(0, 0.5), (3, -1)])])
    #expect(try Self.merged(updates) == one)
  }

  @Test("with momentum a share of each round's movement goes on in the next")
  func momentum() throws {
    var coefficients = Coefficients(candidateCount: 16)
    var velocity: Coefficients?
    let aggregator = Aggregator(momentum: 0.5)
    for increment in [8, 0, -4] as [Float] {
      try aggregator.merge(
        [Example.update(steps: [(3, increment)])], into: &coefficients, velocity: &velocity)
    }
    // v = 8, 4, −2 and A their sum.
    #expect(coefficients.values[3] == 10 && velocity?.values[3] == -2)
    var plain = Coefficients(candidateCount: 16)
    var none: Coefficients?
    try Aggregator().merge(
      [Example.update(steps: [(3, 8)])], into: &plain, velocity: &none)
    #expect(plain.values[3] == 8 && none == nil)
  }

  @Test("the order of arrival does not change a bit")
  func order() throws {
    // Thirds, and numbers of very different sizes, so that another order would round differently.
    let updates = (0..<5).map { client in
      Example.update(
        client: client, examples: client + 1,
        steps: [(3, Float(client) * 1e7 / 3), (3, 1e-7), (client, -1e3 / 7)])
    }
    let expected = try Self.merged(updates)
    for rotation in 1..<5 {
      let rotated = updates[rotation...] + updates[..<rotation]
      #expect(try Self.merged(Array(rotated)) == expected)
      #expect(try Self.merged(rotated.reversed()) == expected)
    }
  }

  @Test(
    "a step that may not be used is refused with client, step and value, and changes nothing",
    arguments: [
      ((0, .nan), "found nan, expected a number of magnitude up to 2.0"),
      ((0, .infinity), "found inf, expected a number of magnitude up to 2.0"),
      ((0, -2.5), "found -2.5, expected a number of magnitude up to 2.0"),
      ((16, 1), "found candidate 16, expected one below 16"),
      ((-1, 1), "found candidate -1, expected one below 16"),
    ] as [((Int, Float), String)])
  func refusals(step: (Int, Float), text: String) {
    let bad = Example.update(client: 4, steps: [(1, 1), (2, -2), step])
    var coefficients = Coefficients(candidateCount: 16)
    let error = #expect(throws: FederationError.self) {
      try Aggregator(incrementLimit: 2).merge(
        [Example.update(steps: [(0, 1)]), bad], into: &coefficients)
    }
    #expect(error?.description == "client 4, step 2: " + text)
    #expect(coefficients == Coefficients(candidateCount: 16))
  }

  @Test("a coefficient that could no longer be sent is an error, and changes nothing")
  func overflow() {
    var coefficients = Coefficients(candidateCount: 16)
    let update = Example.update(steps: [(2, .greatestFiniteMagnitude)])
    #expect(throws: Never.self) { try Aggregator().merge([update], into: &coefficients) }
    let before = coefficients
    #expect(throws: SeedBasisError.self) { try Aggregator().merge([update], into: &coefficients) }
    #expect(coefficients == before)
  }
}
