import CounterRandom
import Foundation
import SeedBasis
import Testing

@Suite("Seed checkpoint")
struct SeedCheckpointTests {
  static func checkpoint(_ kind: BasisKind = .hadamard, candidateCount: Int = 8) throws
    -> SeedCheckpoint
  {
    var coefficients = Coefficients(candidateCount: candidateCount)
    for k in 0..<candidateCount { try coefficients.add(Double(k - 3) / 7, to: k) }
    return SeedCheckpoint(
      baseHash: Attack.base, parameterMapHash: Attack.parameterMap,
      basis: try SeedBasis(kind: kind, seed: .max, candidateCount: candidateCount),
      coefficients: coefficients,
      history: SeedCheckpoint.History(
        epsilon: 1e-3, learningRate: 3e-6, steps: 800, rounds: 4, tool: "fedkseed 1",
        settings: ["data": "a/b \"c\" ü\n", "clients": "8", "Z": "\u{1F}/"]))
  }

  @Test("What is written is read", arguments: BasisKind.allCases)
  func roundTrip(kind: BasisKind) throws {
    let checkpoint = try Self.checkpoint(kind)
    #expect(try decode(checkpoint.encoded()) == checkpoint)
  }

  @Test("A mean is that of the numbers, also where their sum is beyond binary32")
  func meanOfLargeNumbers() throws {
    let good = try Self.checkpoint()
    let large = try Coefficients([Float](repeating: .greatestFiniteMagnitude, count: 8))
    let term = SeedCheckpoint.Term(
      SeedCheckpoint(
        baseHash: good.baseHash, parameterMapHash: good.parameterMapHash, basis: good.basis,
        coefficients: large, history: good.history),
      name: "large")
    let mean = try SeedCheckpoint.sum(of: [term, term], dividedBy: 2, tool: "t", settings: [:])
    #expect(mean.coefficients == large)
    #expect(throws: SeedBasisError.self) {
      try SeedCheckpoint.sum(of: [term, term], tool: "t", settings: [:])
    }
  }

  @Test("The good file that the attacks change is read, with the values it holds")
  func goodFile() throws {
    let checkpoint = try decode(Attack.file())
    #expect(checkpoint.coefficients.values == [1, -2, 0, 0.5])
    #expect(checkpoint.basis.seed == 7 && checkpoint.history.settings == ["note": "ä"])
  }

  @Test("A hostile file is refused with an error that names it", arguments: Attack.all)
  func hostile(attack: Attack) {
    let error = #expect(throws: SeedCheckpointError.self) { try decode(attack.file) }
    #expect(error?.description.contains(".kseed") == true)
  }

  @Test(
    "An error says where in the file, what is there, and what should be",
    arguments: [
      (
        Attack.file(values: [1, .nan, 0, 0]),
        "coefficient 1, byte \(16 + Attack.header().utf8.count + 4)",
        "found nan, expected a finite number; the file is not a seed checkpoint or is damaged"
      ),
      (
        Attack.file(header: Attack.header(["steps": "9223372036854775808"])), "steps",
        "found 9.223372036854776e+18, expected an integer from 0 to 9007199254740992"
      ),
      (
        Attack.file(header: Attack.header(["basis_seed": "\"+7\""])), "basis_seed",
        "found \"+7\", expected the decimal digits of a 64-bit integer"
      ),
      (
        Attack.file(header: Attack.header(["candidates": "16.0"])), "candidates",
        "found 16.0, expected an integer from 0"
      ),
      (
        Attack.file(header: Attack.header(["candidates": "3"])), "candidates",
        "found 3, expected a power of two from 2 to 65536"
      ),
      (
        Attack.file(header: Attack.header(["settings": "{\"a\":1}"])), "settings, \"a\"",
        "found 1, expected a string"
      ),
      (
        Attack.file(header: "\u{FEFF}{}"), "header, byte 16",
        "found byte 239, expected a JSON value"
      ),
      (Attack.file(header: Attack.header(["tool": ""])), "tool", "found no such key"),
      (Attack.file(version: 0), "format version", "found version 0, expected 1 or 2;"),
      (Attack.file(version: 3), "format version", "found version 3, expected 1 or 2;"),
      (
        Attack.file(header: Attack.header(["epsilon": "1e999"])),
        "header, byte \(16 + Attack.header().prefix { $0 != "." }.utf8.count - 1)",
        "found \"1e999\", expected a number in the range of binary64"
      ),
      (
        Attack.file(version: 2, header: Attack.header(["parameters": "\"a b\""])), "parameters",
        "found \"a b\", expected characters from U+0021 to U+007E only"
      ),
      (
        Attack.file(version: 2, header: Attack.header(["parameters": "\"a,,b\""])), "parameters",
        "found \"a,,b\", expected a pattern before, between and after the commas"
      ),
      (
        Attack.file(version: 2, header: Attack.header(["parameters": "\"\""])), "parameters",
        "found \"\", expected 1 to 4096 characters"
      ),
    ])
  func message(file: [UInt8], place: String, rest: String) {
    let error = #expect(throws: SeedCheckpointError.self) { try decode(file) }
    #expect(error?.description.contains(".kseed: \(place): \(rest)") == true)
  }

  @Test("The header is the canonical text of the specification")
  func canonicalHeader() throws {
    let bytes = try Self.checkpoint().encoded()
    let expected = """
      {"base":"\(Attack.base)","basis":"hadamard","basis_seed":"18446744073709551615",\
      "basis_version":1,"candidates":8,"epsilon":0.001,"learning_rate":3e-06,\
      "parameter_map":"\(Attack.parameterMap)","rounds":4,\
      "settings":{"Z":"\\u001f/","clients":"8","data":"a/b \\"c\\" ü\\n"},"steps":800,\
      "tool":"fedkseed 1"}
      """
    #expect(String(decoding: bytes[16...].prefix(expected.utf8.count), as: UTF8.self) == expected)
  }

  @Test("Minus zero is the count 0, and keys are compared by their bytes")
  func settled() throws {
    #expect(try decode(Attack.file(header: Attack.header(["steps": "-0"]))).history.steps == 0)
    let header = Attack.header(["steps": "3,\"\u{e9}\":1,\"e\u{301}\":2"])
    #expect(try decode(Attack.file(header: header)).history.steps == 3)
  }

  @Test("Hundreds of thousands of combining marks are read, or refused, in no time")
  func combiningMarks() throws {
    let marks = String(repeating: "\u{345}\u{301}\u{323}\u{334}", count: 60_000)
    let changes = [
      ["tool": "\"\(marks)\""], ["settings": "{\"a\":\"\(marks)\"}"],
      ["settings": "{\"\(marks)\":\"a\"}"], ["basis": "\"hadamard\(marks)\""],
      ["base": "\"\(marks)\""], ["steps": "30,\"\(marks)\":1"],
    ]
    let time = ContinuousClock().measure {
      for change in changes { _ = try? decode(Attack.file(header: Attack.header(change))) }
    }
    // Quadratic time would be minutes.
    #expect(time < .seconds(20))
  }

  @Test("Settings that do not fit are an error of the writer, not a trap")
  func unwritable() throws {
    let checkpoint = try Self.checkpoint()
    for (settings, found) in [
      (["a": String(repeating: "x", count: 1 << 20)], "bytes"),
      (["\u{1B}": "x"], "\\u{1B}"), ([String(repeating: "k", count: 257): ""], "256"),
    ] {
      let other = SeedCheckpoint(
        baseHash: Attack.base, parameterMapHash: Attack.parameterMap, basis: checkpoint.basis,
        coefficients: checkpoint.coefficients,
        history: SeedCheckpoint.History(
          epsilon: 1e-3, learningRate: 1, steps: 0, rounds: 0, tool: "t", settings: settings))
      let error = #expect(throws: SeedCheckpointError.self) { try other.encoded() }
      #expect(error?.description.contains(found) == true, "\(error?.description ?? "")")
    }
  }

  @Test("Every cut file is refused")
  func truncated() throws {
    let bytes = try Self.checkpoint().encoded()
    let accepted = bytes.indices.filter { (try? decode(Array(bytes[..<$0]))) != nil }
    #expect(accepted == [])
  }

  @Test("Every single flipped bit is noticed")
  func flippedBits() throws {
    let bytes = try Self.checkpoint().encoded()
    let accepted = (0..<8 * bytes.count).filter { bit in
      var changed = bytes
      changed[bit / 8] ^= 1 << (bit % 8)
      return (try? decode(changed)) != nil
    }
    #expect(accepted == [])
  }

  @Test("Random changes under a right checksum never crash the reader, seed 9")
  func fuzz() {
    var random = RandomStream(seed: 9, tag: .syntheticData)
    let good = Array(Attack.file().dropLast(32))
    var refused = 0
    for _ in 0..<4000 {
      var bytes = good
      for _ in 0...random.next(below: 4) {
        bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
      }
      bytes = Array(
        bytes.prefix(random.next(below: 4) == 0 ? random.next(below: bytes.count) : .max))
      if (try? decode(signed(bytes))) == nil { refused += 1 }
    }
    #expect(refused > 2000)
  }

  @Test("A file of 4096 candidates takes less than 18 KB and survives the disk")
  func file() throws {
    let checkpoint = try Self.checkpoint(candidateCount: 4096)
    let path = NSTemporaryDirectory() + "seed-checkpoint-\(UUID().uuidString).kseed"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try checkpoint.write(path: path)
    try checkpoint.write(path: path)
    #expect(try SeedCheckpoint.read(path: path) == checkpoint)
    #expect(try Data(contentsOf: URL(filePath: path)).count < 18_000)
  }

  @Test(
    "A file that is not there, or is a folder, is refused", arguments: ["/nowhere.kseed", "/tmp"])
  func noFile(path: String) {
    #expect(throws: SeedCheckpointError.self) { try SeedCheckpoint.read(path: path) }
  }

  @Test("Another base or another list of tensors is refused with both hashes")
  func wrongBase() throws {
    let checkpoint = try Self.checkpoint()
    try checkpoint.checkBase(hash: Attack.base, parameterMapHash: Attack.parameterMap)
    let other = String(repeating: "f", count: 64)
    for (base, map) in [(other, Attack.parameterMap), (Attack.base, other)] {
      let error = #expect(throws: SeedCheckpointError.self) {
        try checkpoint.checkBase(hash: base, parameterMapHash: map)
      }
      let text = error?.description ?? ""
      #expect(
        text.contains(other) && text.contains(base == other ? Attack.base : Attack.parameterMap))
    }
  }
}
