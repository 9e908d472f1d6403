import CounterRandom
import Federation
import SeedBasis
import Testing
import SeedDescent

@Suite("Aggregator")
struct AggregatorTests {
  static let zero = GlobalModel(coefficients: Coefficients(candidateCount: 16))

  static func merged(_ updates: [ClientUpdate]) throws -> [Double] {
    var model = Self.zero
    try model.coefficients.add(1, to: 3)
    try Aggregator().merge(updates, into: &model)
    return model.coefficients.values
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
    var model = Self.zero
    let aggregator = Aggregator(optimizer: ServerOptimizer(momentum: 0.5))
    for increment in [8, 0, -4] as [Float] {
      try aggregator.merge([Example.update(steps: [(3, increment)])], into: &model)
    }
    // v = 8, 4, −2 and A their sum.
    #expect(model.coefficients.values[3] == 10 && model.velocity?.values[3] == -2)
    var plain = Self.zero
    try Aggregator(optimizer: ServerOptimizer(momentum: 0)).merge(
      [Example.update(steps: [(3, 8)])], into: &plain)
    #expect(plain.coefficients.values[3] == 8 && plain.velocity == nil)
  }

  @Test("Adam is FedAdam written out, and its movements leave out who is left out")
  func adam() throws {
    let (rate, beta1, beta2, tau) = (0.5, 0.75, 0.875, 0.125)
    let aggregator = Aggregator(
      optimizer: .adam(learningRate: rate, beta1: beta1, beta2: beta2, tau: tau))
    var model = Self.zero
    var (a, v, s) = (0.0, 0.0, 0.0)
    for increment in [1, -0.5, 3, 0.25] as [Float] {
      try aggregator.merge(
        [
          Example.update(client: 0, steps: [(3, increment)]),
          Example.update(client: 1, steps: [(3, 1)]),
        ], into: &model, without: 1)
      let movement = Double(increment) / 2
      v = beta1 * v + (1 - beta1) * movement
      s = beta2 * s + (1 - beta2) * (movement * movement)
      a += rate * v / (s.squareRoot() + tau)
      #expect(model.coefficients.values[3] == a)
    }
    #expect(model.velocity?.values[3] == v && model.secondMoment?.values[3] == s)
    #expect(model.coefficients.values[4] == 0)
  }

  @Test("updates of some coefficients and of all of them add up in one round")
  func bothKinds() throws {
    let all = (0..<16).map { Float($0 - 8) / 64 }
    let updates = [
      Example.update(client: 1, examples: 30, steps: [(3, 1), (5, 2), (3, 0.5)]),
      Example.update(client: 0, examples: 10, all: all, steps: 5),
    ]
    var expected = all.map { 0.25 * Double($0) }
    expected[3] = 1 + 0.25 * Double(all[3]) + 0.75 * 1.5
    expected[5] += 0.75 * 2
    #expect(try Self.merged(updates) == expected)
  }

  @Test("the model in 16 bits plus what was rounded off is the model in 64")
  func remainder() throws {
    var (exact, sent) = (Self.zero, Self.zero)
    var stream = RandomStream(seed: 3, tag: .syntheticData)
    for round in 0..<50 {
      let steps = (0..<16).map { ($0, Float(stream.uniform() - 0.4) / Float(1 + $0 * $0)) }
      let updates = [Example.update(round: round, steps: steps)]
      try Aggregator().merge(updates, into: &exact)
      try Aggregator(precision: .integer16).merge(updates, into: &sent)
      let rest = try #require(sent.remainder)
      let numbers = ScaledIntegers(nearest: sent.coefficients.values)
      #expect(numbers.values.map(Double.init) == sent.coefficients.values)
      for candidate in 0..<16 {
        let sum = sent.coefficients.values[candidate] + rest.values[candidate]
        // A rounding of 2⁻⁵³ of at most 20 in each of two additions of a round.
        let tolerance: Double = 100 * 20 * 0x1p-53
        #expect(abs(sum - exact.coefficients.values[candidate]) <= tolerance)
        #expect(abs(rest.values[candidate]) <= Double(numbers.scale) / 2)
      }
    }
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
    var model = Self.zero
    let error = #expect(throws: FederationError.self) {
      try Aggregator(incrementLimit: 2).merge(
        [Example.update(steps: [(0, 1)]), bad], into: &model)
    }
    #expect(error?.description == "client 4, step 2: " + text)
    #expect(model == Self.zero)
  }

  @Test("a coefficient that could no longer be sent is an error, and changes nothing")
  func overflow() {
    var model = Self.zero
    let update = Example.update(steps: [(2, .greatestFiniteMagnitude)])
    #expect(throws: Never.self) { try Aggregator().merge([update], into: &model) }
    let before = model
    #expect(throws: SeedBasisError.self) { try Aggregator().merge([update], into: &model) }
    #expect(model == before)
  }
}
