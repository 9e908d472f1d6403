/// The counter-based generator Philox4x32: 128 counter bits and 64 key bits in, 128 random bits out.
///
/// It has no state. Any element of any stream can be computed directly, in any order and on any
/// thread, which is what lets a perturbation of a whole model be regenerated tile by tile.
///
///     let words = Philox4x32.block(counter: [0, 0, 0, 0], key: [7, 0])
///
/// This is the plain version, the oracle of every faster one.
///
/// Source: Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011),
/// sections 3.3 and 5.
public enum Philox4x32 {
  /// The number of rounds of the standard generator.
  public static let standardRounds = 10

  /// Returns the four random words of a counter under a key.
  ///
  /// Word 0 is the least significant of the counter, of the key and of the result.
  ///
  /// - Parameters:
  ///   - counter: The position in the stream, 4 words.
  ///   - key: The name of the stream, 2 words.
  ///   - rounds: The number of rounds; 10 is the standard, 7 the fewest that pass the authors' tests.
  /// - Complexity: O(`rounds`), two 32×32-bit products each.
  public static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>, rounds: Int = standardRounds
  ) -> SIMD4<UInt32> {
    var words = counter
    var roundKey = key
    for _ in 0..<rounds {
      words = round(words, key: roundKey)
      roundKey &+= weyl
    }
    return words
  }

  // The fractions of the golden ratio and of √3, in units of 2⁻³².
  private static let weyl: SIMD2<UInt32> = [0x9E37_79B9, 0xBB67_AE85]

  private static func round(_ words: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    let first = words[0].multipliedFullWidth(by: 0xD251_1F53)
    let second = words[2].multipliedFullWidth(by: 0xCD9E_8D57)
    return [
      second.high ^ words[1] ^ key[0], second.low,
      first.high ^ words[3] ^ key[1], first.low,
    ]
  }
}
