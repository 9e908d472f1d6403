/// A sequence of random 64-bit numbers, named by a seed and a purpose.
///
/// Two streams that differ in seed, tag, `a` or `b` share no number. A stream can be read from any
/// ``position``, so all the state there is to save is that one integer.
///
///     var stream = RandomStream(seed: 42, tag: .dataOrder, a: client)
///     let order = stream.shuffled(0..<exampleCount)
///
/// The generator is ``Philox4x32`` with ten rounds. The key is the seed, low word first. The
/// counter is `(position / 2, a, b, tag)`; each block of four words gives two numbers, words 0 and 1
/// then words 2 and 3, the low word first.
public struct RandomStream: RandomNumberGenerator, Equatable, Sendable {
  private let key: SIMD2<UInt32>
  private let a: UInt32
  private let b: UInt32
  private let tag: StreamTag

  /// How many numbers precede the next one.
  ///
  /// The stream repeats after 2³³ numbers.
  public var position: UInt64 = 0

  /// Creates the stream that starts at position 0.
  ///
  /// - Parameters:
  ///   - seed: The run's seed.
  ///   - tag: The purpose of the stream.
  ///   - a: A number that tells streams of one purpose apart, for example the client.
  ///   - b: A second such number, for example the round.
  public init(seed: UInt64, tag: StreamTag, a: UInt32 = 0, b: UInt32 = 0) {
    key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    self.a = a
    self.b = b
    self.tag = tag
  }

  /// Returns the number at ``position`` and moves one further.
  ///
  /// - Complexity: One Philox block. The other half of the block is not kept, so that the position
  ///   is all the state.
  public mutating func next() -> UInt64 {
    let block = Philox4x32.block(
      counter: [UInt32(truncatingIfNeeded: position >> 1), a, b, tag.rawValue], key: key)
    let half = position & 1 == 0 ? block.lowHalf : block.highHalf
    position &+= 1
    return UInt64(half[1]) << 32 | UInt64(half[0])
  }
}
