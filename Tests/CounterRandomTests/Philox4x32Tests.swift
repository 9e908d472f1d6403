import CounterRandom
import Testing

@Suite("Philox4x32")
struct Philox4x32Tests {
  /// One line of Random123's published known answers.
  struct KnownAnswer: Sendable {
    var rounds: Int
    var counter: SIMD4<UInt32>
    var key: SIMD2<UInt32>
    var block: SIMD4<UInt32>
  }

  static let pi: SIMD4<UInt32> = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]
  static let piKey: SIMD2<UInt32> = [0xa409_3822, 0x299f_31d0]
  static let knownAnswers = [
    KnownAnswer(
      rounds: 7, counter: .zero, key: .zero,
      block: [0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48]),
    KnownAnswer(
      rounds: 7, counter: ~.zero, key: ~.zero,
      block: [0x5207_ddc2, 0x4516_5e59, 0x4d8e_e751, 0x8c52_f662]),
    KnownAnswer(
      rounds: 7, counter: pi, key: piKey,
      block: [0x4dfc_caba, 0x190a_87f0, 0xc473_62ba, 0xb6b5_242a]),
    KnownAnswer(
      rounds: 10, counter: .zero, key: .zero,
      block: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    KnownAnswer(
      rounds: 10, counter: ~.zero, key: ~.zero,
      block: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    KnownAnswer(
      rounds: 10, counter: pi, key: piKey,
      block: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
  ]

  @Test("the known answers of Random123 come out", arguments: knownAnswers)
  func reproducesKnownAnswers(_ answer: KnownAnswer) {
    let block = Philox4x32.block(counter: answer.counter, key: answer.key, rounds: answer.rounds)
    #expect(block == answer.block)
  }

  @Test("ten rounds are the default")
  func defaultsToTenRounds() {
    let answer = Self.knownAnswers[5]
    #expect(Philox4x32.block(counter: answer.counter, key: answer.key) == answer.block)
  }

  @Test("a flipped input bit flips half of the output bits", arguments: 0..<192)
  func avalanches(_ bit: Int) {
    var flipped = 0
    let trials = 200
    for trial in 0..<trials {
      var counter: SIMD4<UInt32> = [UInt32(trial), 0, 1, 2]
      var key: SIMD2<UInt32> = [3, 4]
      let before = Philox4x32.block(counter: counter, key: key)
      if bit < 128 {
        counter[bit / 32] ^= 1 << (bit % 32)
      } else {
        key[bit / 32 - 4] ^= 1 << (bit % 32)
      }
      let difference = before ^ Philox4x32.block(counter: counter, key: key)
      flipped += (0..<4).reduce(0) { $0 + difference[$1].nonzeroBitCount }
    }
    // 25,600 fair bits: mean 12,800, standard deviation 80; five of them.
    #expect(abs(flipped - 12_800) <= 400)
  }
}
