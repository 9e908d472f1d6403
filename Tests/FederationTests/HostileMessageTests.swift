import CounterRandom
import Crypto
import Federation
import Testing

@Suite("Hostile messages")
struct HostileMessageTests {
  /// Replaces the bytes from `offset` on, and makes the checksum right again.
  static func forged(_ message: [UInt8], at offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    var content = Array(message.dropLast(8))
    content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return sealed(content)
  }

  static func sealed(_ content: [UInt8]) -> [UInt8] {
    content + SHA256.hash(data: content).prefix(8)
  }

  static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static let plan = MessageTests.plan(candidates: 4).encoded()
  static let update = MessageTests.update(candidates: 16, steps: 3).encoded()

  static let shortPlan = MessageTests.shortPlan(candidates: 4).encoded()
  static let wholeUpdate =
    Example.update(all: MessageTests.all(candidates: 16), steps: 3).encoded()

  static let planAttacks: [(attack: String, bytes: [UInt8], field: String)] = [
    ("empty", [], "magic"),
    ("checksum only", Array(plan.suffix(8)), "magic"),
    ("another file", forged(plan, at: 0, Array("GGUF".utf8)), "magic"),
    ("a future version", forged(plan, at: 4, [2]), "version"),
    ("an update in place of a plan", update, "kind"),
    ("unknown flags", forged(plan, at: 6, [0, 1]), "flags"),
    ("a flipped bit", plan.enumerated().map { $0 == 60 ? $1 ^ 1 : $1 }, "checksum"),
    ("a header and nothing else", sealed(Array(plan.prefix(52))), "local steps"),
    ("K = 0", forged(plan, at: 48, little(0)), "candidate count"),
    (
      "K = 2³² − 1, to make the reader allocate 16 GB", forged(plan, at: 48, little(.max)),
      "coefficients"
    ),
    ("K one too large", forged(plan, at: 48, little(5)), "coefficients"),
    ("K one too small", forged(plan, at: 48, little(3)), "coefficients"),
    ("no steps", forged(plan, at: 52, little(0)), "local steps"),
    ("a NaN", forged(plan, at: 60, little(Float.nan.bitPattern)), "coefficient 1"),
    ("an infinity", forged(plan, at: 68, little((-Float.infinity).bitPattern)), "coefficient 3"),
    ("bytes behind the end", sealed(Array(plan.dropLast(8)) + [0]), "coefficients"),
    ("floats that are said to be integers", forged(plan, at: 6, [2, 0]), "coefficients"),
    ("integers that are said to be floats", forged(shortPlan, at: 6, [0, 0]), "coefficients"),
    ("probabilities that are not there", forged(shortPlan, at: 6, [3, 0]), "coefficients"),
    ("K too large for the integers", forged(shortPlan, at: 48, little(.max)), "coefficients"),
    ("a scale of 0", forged(shortPlan, at: 56, little(0)), "scale"),
    ("a NaN scale", forged(shortPlan, at: 56, little(Float.nan.bitPattern)), "scale"),
    ("a negative scale", forged(shortPlan, at: 56, little(Float(-1).bitPattern)), "scale"),
    ("a scale of 3", forged(shortPlan, at: 56, little(Float(3).bitPattern)), "scale"),
    (
      "a scale that makes infinities", forged(shortPlan, at: 56, little(Float(0x1p114).bitPattern)),
      "scale"
    ),
    ("−32,768", forged(shortPlan, at: 62, [0, 128]), "coefficient 1"),
    (
      "integers that need no such scale",
      forged(shortPlan, at: 60, [1, 0, 2, 0, 255, 63, 1, 192]), "scale"
    ),
  ]

  static let updateAttacks: [(attack: String, bytes: [UInt8], field: String)] = [
    ("a plan in place of an update", plan, "kind"),
    ("no examples, to divide by zero", forged(update, at: 52, little(0)), "example count"),
    ("a NaN loss", forged(update, at: 60, little(Float.nan.bitPattern)), "mean loss"),
    ("2³² − 1 steps", forged(update, at: 64, little(.max)), "steps"),
    ("one step too many", forged(update, at: 64, little(4)), "steps"),
    ("one step too few", forged(update, at: 64, little(2)), "steps"),
    ("candidate K", forged(update, at: 74, [16, 0]), "candidate of step 1"),
    ("candidate 65,535", forged(update, at: 80, [255, 255]), "candidate of step 2"),
    (
      "an infinite increment", forged(update, at: 70, little(Float.infinity.bitPattern)),
      "increment of step 0"
    ),
    (
      "a signalling NaN", forged(update, at: 76, little(Float.signalingNaN.bitPattern)),
      "increment of step 1"
    ),
    ("pairs that are said to be all K", forged(update, at: 6, [2, 0]), "increments"),
    ("all K that are said to be pairs", forged(wholeUpdate, at: 6, [0, 0]), "steps"),
    ("probabilities in an update", forged(wholeUpdate, at: 6, [1, 0]), "flags"),
    ("no steps that moved all K", forged(wholeUpdate, at: 64, little(0)), "step count"),
    ("K too large for the increments", forged(wholeUpdate, at: 48, little(.max)), "increments"),
    ("an infinite scale", forged(wholeUpdate, at: 68, little(Float.infinity.bitPattern)), "scale"),
    ("an increment of −32,768", forged(wholeUpdate, at: 76, [0, 128]), "increment 2"),
    ("bytes behind the increments", sealed(Array(wholeUpdate.dropLast(8)) + [0]), "increments"),
    (
      "a loss without steps",
      sealed(Array(update.prefix(60)) + little(Float(1).bitPattern) + little(0)), "mean loss"
    ),
  ]

  @Test("a forged plan is refused at the field that is wrong", arguments: planAttacks)
  func planAttack(attack: String, bytes: [UInt8], field: String) {
    let error = #expect(throws: MessageError.self) { try RoundPlan(decoding: bytes) }
    #expect(error?.field == field && error?.message == .roundPlan)
  }

  @Test("a forged update is refused at the field that is wrong", arguments: updateAttacks)
  func updateAttack(attack: String, bytes: [UInt8], field: String) {
    let error = #expect(throws: MessageError.self) { try ClientUpdate(decoding: bytes) }
    #expect(error?.field == field && error?.message == .clientUpdate)
  }

  @Test("an error names the message, the place, what was found and what was expected")
  func description() {
    let bytes = Self.forged(Self.update, at: 74, [16, 0])
    let error = #expect(throws: MessageError.self) { try ClientUpdate(decoding: bytes) }
    #expect(
      error?.description
        == "client update, byte 74, candidate of step 1: found 16, expected a number below 16")
  }

  @Test("every truncation is refused, sealed again or not", arguments: [update, wholeUpdate])
  func truncations(update: [UInt8]) {
    for count in 0..<update.count {
      let cut = Array(update.prefix(count))
      #expect(throws: MessageError.self) { try ClientUpdate(decoding: cut) }
      guard count < update.count - 8 else { continue }
      #expect(throws: MessageError.self) { try ClientUpdate(decoding: Self.sealed(cut)) }
    }
  }

  @Test("every single flipped bit is noticed")
  func flips() {
    for bit in 0..<8 * Self.update.count {
      var bytes = Self.update
      bytes[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: MessageError.self) { try ClientUpdate(decoding: bytes) }
    }
  }

  @Test(
    "whatever is accepted is written back as the same bytes: there is one encoding",
    arguments: 1...20 as ClosedRange<UInt64>)
  func fuzz(seed: UInt64) {
    var stream = RandomStream(seed: seed, tag: .syntheticData)
    for _ in 0..<2000 {
      let messages = [Self.plan, Self.update, Self.shortPlan, Self.wholeUpdate]
      var content = Array(messages[stream.next(below: 4)].dropLast(8))
      for _ in 0...stream.next(below: 4) {
        content[stream.next(below: content.count)] = UInt8(stream.next(below: 256))
      }
      if stream.next(below: 4) == 0 { content.removeLast(stream.next(below: 12)) }
      let bytes = Self.sealed(content)
      let again =
        (try? RoundPlan(decoding: bytes).encoded())
        ?? (try? ClientUpdate(decoding: bytes).encoded())
      if let again, again != bytes { Issue.record("seed \(seed): \(bytes) became \(again)") }
    }
  }
}
