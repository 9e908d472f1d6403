import CounterRandom
import Federation
import Foundation
import Testing
import SeedDescent

@Suite("Messages")
struct MessageTests {
  static func plan(candidates: Int, localSteps: Int = 200) -> RoundPlan {
    RoundPlan(
      settings: Example.digest, round: 41, client: 7, localSteps: localSteps,
      coefficients: (0..<candidates).map { Float($0) / 7 - 3 })
  }

  static func update(candidates: Int, steps: Int) -> ClientUpdate {
    // The last candidate needs every byte of its number.
    Example.update(
      client: 7, round: 41, candidates: candidates, skipped: 3,
      steps: (0..<steps).map { (candidates - 1 - $0 % candidates, Float($0) / 3 - 9) })
  }

  @Test("a plan survives encoding, in 4 bytes a candidate and 64", arguments: [1, 2, 1000, 4096])
  func planRoundTrip(candidates: Int) throws {
    let plan = Self.plan(candidates: candidates)
    let bytes = plan.encoded()
    #expect(try RoundPlan(decoding: bytes) == plan)
    #expect(bytes.count == 4 * candidates + 64)
  }

  @Test(
    "an update survives encoding, in at most 8 bytes a step and 76",
    arguments: [
      (1, 6), (256, 6), (65_536, 6), (65_537, 7), (1 << 24, 7), (1 << 24 + 1, 8), (1 << 31, 8),
    ], [0, 1, 200])
  func updateRoundTrip(size: (candidates: Int, bytesPerStep: Int), steps: Int) throws {
    let update = Self.update(candidates: size.candidates, steps: steps)
    let bytes = update.encoded()
    #expect(try ClientUpdate(decoding: bytes) == update)
    #expect(bytes.count == 76 + size.bytesPerStep * steps)
  }

  @Test("a round of 200 steps over 4096 candidates takes less than 18,000 bytes both ways")
  func eighteenKilobytes() {
    let down = Self.plan(candidates: 4096).encoded().count
    let up = Self.update(candidates: 4096, steps: 200).encoded().count
    #expect(down == 16_448 && up == 1_276 && down + up < 18_000)
  }

  /// Numbers that 16 bits hold: multiples of 2⁻²⁰ up to 2⁻⁵.
  static func all(candidates: Int) -> [Float] {
    (0..<candidates).map { Float(($0 * 7919) % 65_535 - 32_767) * 0x1p-20 }
  }

  static func shortPlan(candidates: Int, probabilities: [Float]? = nil) -> RoundPlan {
    RoundPlan(
      settings: Example.digest, round: 41, client: 7, localSteps: 10,
      coefficients: all(candidates: candidates), precision: .integer16,
      probabilities: probabilities)
  }

  @Test(
    "16-bit coefficients and increments of all K survive encoding",
    arguments: [1, 2, 1000, 4096])
  func shortRoundTrip(candidates: Int) throws {
    let plans = [
      Self.shortPlan(candidates: candidates),
      Self.shortPlan(
        candidates: candidates, probabilities: [Float](repeating: 0.5, count: candidates)),
    ]
    for plan in plans { #expect(try RoundPlan(decoding: plan.encoded()) == plan) }
    #expect(plans[0].encoded().count == 2 * candidates + 68)
    #expect(plans[1].encoded().count == 6 * candidates + 68)
    let update = Example.update(
      client: 7, round: 41, skipped: 3, all: Self.all(candidates: candidates), steps: 7)
    let bytes = update.encoded()
    #expect(try ClientUpdate(decoding: bytes) == update)
    #expect(bytes.count == 2 * candidates + 80)
    #expect(update.update == .all(Self.all(candidates: candidates)) && update.stepCount == 7)
  }

  @Test("a round of all 4096 coefficients takes less than 18,000 bytes both ways")
  func eighteenKilobytesForAll() {
    let down = Self.shortPlan(candidates: 4096).encoded().count
    let up = Example.update(all: Self.all(candidates: 4096), steps: 10).encoded().count
    #expect(down == 8_260 && up == 8_272 && down + up < 18_000)
  }

  @Test("extreme floats keep their bits")
  func extremes() throws {
    let values: [Float] = [
      0, -0, .leastNonzeroMagnitude, -.leastNormalMagnitude, .greatestFiniteMagnitude, .pi,
    ]
    let plan = RoundPlan(
      settings: Example.digest, round: 0, client: 0, localSteps: 1, coefficients: values)
    let decoded = try RoundPlan(decoding: plan.encoded())
    #expect(decoded.coefficients.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test("the examples in WireFormat.md are what the code writes and reads")
  func documentedExamples() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Documentation/WireFormat.md"), encoding: .utf8)
    let blocks = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }
      .map { $0.element.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) } }
    try #require(blocks.count == 4)

    let plan = try RoundPlan(decoding: blocks[0])
    #expect(plan.settings.bytes == [UInt8](repeating: 0xAB, count: 32))
    #expect(
      plan
        == RoundPlan(
          settings: plan.settings, round: 3, client: 7, localSteps: 5, coefficients: [0.5, -2]))
    #expect(plan.encoded() == blocks[0])

    let update = try ClientUpdate(decoding: blocks[1])
    #expect(
      update
        == ClientUpdate(
          settings: plan.settings, round: 3, client: 7, candidateCount: 2, exampleCount: 10,
          skippedCount: 1, meanLoss: 1.5,
          steps: zip([1, 0, 1, 1], [0.25, -1, 0.125, 3]).map(StepRecord.init)))
    #expect(update.encoded() == blocks[1])

    let short = RoundPlan(
      settings: plan.settings, round: 3, client: 7, localSteps: 5, coefficients: [0.5, -2],
      precision: .integer16)
    #expect(try RoundPlan(decoding: blocks[2]) == short && short.encoded() == blocks[2])

    let all = ClientUpdate(
      settings: plan.settings, round: 3, client: 7, candidateCount: 2, exampleCount: 10,
      skippedCount: 1, meanLoss: 1.5,
      content: .all(.integer16(ScaledIntegers(nearest: [-0.75, 0.25])), stepCount: 4))
    #expect(try ClientUpdate(decoding: blocks[3]) == all && all.encoded() == blocks[3])

    let digest = SettingsDigest(of: ["candidates": "4096", "basis": "hadamard"])
    #expect(text.contains(digest.bytes.map { String(format: "%02x", $0) }.joined()))
  }

  @Test("a settings digest tells names from values and one split from another")
  func digests() {
    let all: [[String: String]] = [
      [:], ["a": "b"], ["b": "a"], ["ab": ""], ["": "ab"], ["a": "b", "c": "d"],
      ["a": "d", "c": "b"],
    ]
    #expect(Set(all.map(SettingsDigest.init(of:))).count == all.count)
  }
}
