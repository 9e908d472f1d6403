import CounterRandom
import Testing

@Suite("RandomStream")
struct RandomStreamTests {
  /// The first `count` numbers of a stream.
  static func numbers(_ stream: RandomStream, count: Int) -> [UInt64] {
    var stream = stream
    return (0..<count).map { _ in stream.next() }
  }

  @Test("key and counter are laid out as documented")
  func followsTheLayout() {
    let stream = RandomStream(seed: 0x1122_3344_5566_7788, tag: .decoding, a: 5, b: 6)
    let expected = (0..<3).flatMap { index -> [UInt64] in
      let block = Philox4x32.block(
        counter: [UInt32(index), 5, 6, 21], key: [0x5566_7788, 0x1122_3344])
      return [
        UInt64(block[0]) + UInt64(block[1]) << 32, UInt64(block[2]) + UInt64(block[3]) << 32,
      ]
    }
    #expect(Self.numbers(stream, count: 6) == expected)
  }

  @Test("a stream read from any position goes on as it does in sequence")
  func readsFromAnyPosition() {
    let stream = RandomStream(seed: 9, tag: .dataOrder)
    let sequence = Self.numbers(stream, count: 101)
    let jumped = (0..<101).reversed().map { position in
      var stream = stream
      stream.position = UInt64(position)
      return stream.next()
    }
    #expect(jumped == sequence.reversed())
  }

  @Test("the last position is followed by the first")
  func wrapsAround() {
    var stream = RandomStream(seed: 9, tag: .dataOrder)
    let first = stream.next()
    stream.position = 1 << 33
    #expect(stream.next() == first)
    stream.position = .max
    _ = stream.next()
    #expect(stream.position == 0 && stream.next() == first)
  }

  @Test("streams of different seed, tag, a or b share no number")
  func streamsDiffer() {
    var streams = StreamTag.allCases.map { RandomStream(seed: 1, tag: $0) }
    streams += (1...20).map { RandomStream(seed: 1, tag: .dataOrder, a: $0) }
    streams += (1...20).map { RandomStream(seed: 1, tag: .dataOrder, b: $0) }
    streams += (1...20).map { RandomStream(seed: 1 + 1 << (3 * $0), tag: .dataOrder) }
    let numbers = streams.flatMap { Self.numbers($0, count: 100) }
    #expect(Set(numbers).count == numbers.count)
  }

  @Test("each of the 64 bits is fair, and each pair of neighbouring bits", arguments: 0..<8)
  func bitsAreFair(seed: UInt64) {
    let numbers = Self.numbers(RandomStream(seed: seed, tag: .partition), count: 10_000)
    // χ² of 64 bits against fair coins, and of 64 pairs against each other: 64 degrees of freedom
    // each, mean 64, and above 131.4 with probability 10⁻⁶.
    func chiSquare(_ words: [UInt64]) -> Double {
      (0..<64).reduce(0.0) { sum, bit in
        let ones = words.reduce(0) { $0 + Int($1 >> UInt64(bit) & 1) }
        let excess = Double(2 * ones - words.count)
        return sum + excess * excess / Double(words.count)
      }
    }
    #expect(chiSquare(numbers) < 131.4)
    #expect(chiSquare(numbers.map { $0 ^ ($0 << 1 | $0 >> 63) }) < 131.4)
  }
}
