import CounterRandom
import Testing

@Suite("Draws from a RandomStream")
struct DrawsTests {
  /// χ² of counts against equal expectations.
  static func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  @Test("uniform fills [0, 1) evenly")
  func uniformIsEven() {
    var stream = RandomStream(seed: 1, tag: .candidateChoice)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<64_000 { counts[Int(stream.uniform() * 64)] += 1 }
    // 63 degrees of freedom: above 130 with probability 10⁻⁶.
    #expect(Self.chiSquare(counts) < 130)
  }

  @Test("bounded integers are unbiased", arguments: [1, 2, 3, 10, 48, 63])
  func boundedIsEven(bound: Int) {
    var stream = RandomStream(seed: 2, tag: .candidateChoice)
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<1000 * bound { counts[stream.next(below: bound)] += 1 }
    // At most 62 degrees of freedom: above 129 with probability 10⁻⁶.
    #expect(Self.chiSquare(counts) < 129)
  }

  @Test("a bound near the largest integer, where rejection matters, is unbiased")
  func hugeBoundIsEven() {
    // Without rejection 0 ..< 3·2⁶¹ would get 3, 3 and 2 of every 8 numbers by remainder.
    let bound = 3 << 61
    var stream = RandomStream(seed: 3, tag: .candidateChoice)
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[stream.next(below: bound) % 3] += 1 }
    #expect(Self.chiSquare(counts) < 27.7)
  }

  @Test("a shuffle keeps the elements and reaches every order equally often")
  func shuffleIsUniform() {
    var stream = RandomStream(seed: 4, tag: .dataOrder)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[stream.shuffled(0..<4), default: 0] += 1 }
    #expect(counts.count == 24 && counts.keys.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
    // 23 degrees of freedom: above 69 with probability 2·10⁻⁶.
    #expect(Self.chiSquare(Array(counts.values)) < 69)
    #expect(stream.shuffled([Int]()).isEmpty && stream.shuffled([7]) == [7])
  }

  @Test("a sample without replacement has no repeats and favours nobody")
  func sampleIsUniform() {
    var stream = RandomStream(seed: 5, tag: .clientSampling)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<20_000 { counts[stream.sample(2, below: 5), default: 0] += 1 }
    #expect(counts.count == 20 && counts.keys.allSatisfy { Set($0).count == 2 })
    // 19 degrees of freedom: above 62 with probability 2·10⁻⁶.
    #expect(Self.chiSquare(Array(counts.values)) < 62)
    #expect(stream.sample(0, below: 0).isEmpty && Set(stream.sample(9, below: 9)).count == 9)
  }

  @Test("a categorical draw follows its weights and never takes a zero")
  func categoricalFollowsWeights() {
    var stream = RandomStream(seed: 6, tag: .candidateChoice)
    var counts = [Int](repeating: 0, count: 5)
    for _ in 0..<16_000 { counts[stream.categorical([0, 2, 0, 6, 0])] += 1 }
    // 4,000 expected, standard deviation 55.
    #expect(counts[1] + counts[3] == 16_000 && abs(counts[1] - 4_000) < 275)
  }

  @Test("the draws are those of an independent implementation in Python")
  func drawsAreStable() {
    var stream = RandomStream(seed: 2024, tag: .syntheticData, a: 1, b: 2)
    let order = stream.shuffled(0..<10)
    let sample = stream.sample(4, below: 100)
    let bounded = (0..<4).map { _ in stream.next(below: 1000) }
    #expect(
      order == [4, 3, 0, 2, 8, 6, 7, 5, 1, 9] && sample == [95, 35, 68, 0]
        && bounded == [111, 727, 273, 518])
    #expect(stream.uniform() == 0.424742756994137)
  }
}
