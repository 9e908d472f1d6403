public import LanguageModels

/// The texts of the benchmarks: tokens from a formula, the same in every program measured.
///
/// Peers/tokens.py has the same formula. Speed does not depend on which tokens a text has.
public enum Texts {
  /// The longest sequence of a packed batch.
  public static let sequenceLength = 128

  /// Returns tokens `first..<first + count` of the endless text, all below `vocabularySize`.
  public static func tokens(_ count: Int, from first: Int = 0, vocabularySize: Int) -> [Int32] {
    (first..<first + count).map { index in
      // Knuth's multiplicative hash (The Art of Computer Programming, volume 3, section 6.4).
      let hash = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
      return Int32((hash >> 8) % UInt32(vocabularySize))
    }
  }

  /// Returns a batch of `tokenCount` tokens in sequences of at most ``sequenceLength``, with labels on
  /// all positions but the first of each.
  public static func batch(_ tokenCount: Int, vocabularySize: Int) -> PackedBatch {
    PackedBatch(
      stride(from: 0, to: tokenCount, by: sequenceLength).map { first in
        let count = min(sequenceLength, tokenCount - first)
        return PackedBatch.Sequence(
          tokens(count, from: first, vocabularySize: vocabularySize), labels: 1..<count)
      })
  }
}
