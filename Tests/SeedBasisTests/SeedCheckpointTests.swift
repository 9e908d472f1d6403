import CounterRandom
import Crypto
import Foundation
import SeedBasis
import Testing

private func word(_ value: Int) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func signed(_ bytes: [UInt8]) -> [UInt8] { bytes + Array(SHA256.hash(data: bytes)) }

/// A change of a good file that a reader must notice, though the checksum may be right.
struct Attack: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let file: [UInt8]

  static let base = String(repeating: "0123456789abcdef", count: 4)
  static let parameterMap = String(repeating: "ab", count: 32)

  static func header(_ changes: [String: String] = [:]) -> String {
    var members = [
      "base": "\"\(base)\"", "basis": "\"hadamard\"", "basis_seed": "\"7\"",
      "basis_version": "1", "candidates": "4", "epsilon": "0.001", "learning_rate": "1e-05",
      "parameter_map": "\"\(parameterMap)\"", "rounds": "2", "settings": "{\"note\":\"ä\"}",
      "steps": "30", "tool": "\"test\"",
    ]
    members.merge(changes) { $1 }
    let pairs = members.sorted { $0.key < $1.key }.filter { $0.value != "" }
    return "{" + pairs.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  static func file(
    magic: String = "KSEED\0\0\0", version: Int = 1, header: String = header(),
    headerLength: Int? = nil, values: [Float] = [1, -2, 0, 0.5]
  ) -> [UInt8] {
    let length = headerLength ?? header.utf8.count
    let front = Array(magic.utf8) + word(version) + word(length) + Array(header.utf8)
    return signed(front + values.flatMap { word(Int($0.bitPattern)) })
  }

  init(_ description: String, _ file: [UInt8]) {
    testDescription = description
    self.file = file
  }

  init(_ key: String, _ value: String) {
    self.init("\(key) is \(value.prefix(40))", Self.file(header: Self.header([key: value])))
  }

  static let all: [Attack] =
    [
      Attack("empty file", []),
      Attack("only a magic", Array("KSEED\0\0\0".utf8)),
      Attack("another magic", file(magic: "KSEED\0\0\u{1}")),
      Attack("version 0", file(version: 0)),
      Attack("version 2", file(version: 2)),
      Attack("header length 2^32 - 1", file(headerLength: 0xFFFF_FFFF)),
      Attack("header length past the end", file(headerLength: 4000)),
      Attack("header over the coefficients", file(headerLength: header().utf8.count + 16)),
      Attack("header over the checksum", file(headerLength: header().utf8.count + 40)),
      Attack("header of length 0", file(headerLength: 0)),
      Attack("one coefficient too few", file(values: [1, 2, 3])),
      Attack("one coefficient too many", file(values: [1, 2, 3, 4, 5])),
      Attack("bytes after the checksum", file() + [0]),
      Attack("coefficient not a number", file(values: [1, .nan, 0, 0])),
      Attack("coefficient infinite", file(values: [1, 0, 0, -.infinity])),
      Attack("header not an object", file(header: "[1,2]")),
      Attack("header not JSON", file(header: "{\"base\":")),
      Attack("header nested 100000 deep", file(header: String(repeating: "[", count: 100_000))),
      Attack(
        "header not UTF-8", signed(Array("KSEED\0\0\0".utf8) + word(1) + word(2) + [0xC3, 0x28])),
      Attack("candidates 2^62", file(header: header(["candidates": "4611686018427387904"]))),
    ]
    + [
      ("base", "\"abc\""), ("base", "\"\(base.uppercased())\""), ("base", "7"), ("base", ""),
      ("basis", "\"fourier\""), ("basis", "null"), ("basis_seed", "\"-1\""), ("basis_seed", "7"),
      ("basis_seed", "\"18446744073709551616\""), ("basis_version", "2"), ("candidates", "3"),
      ("candidates", "0"), ("candidates", "-4"), ("candidates", "1e30"), ("candidates", "8"),
      ("epsilon", "1e999"), ("epsilon", "NaN"), ("learning_rate", "\"1\""),
      ("parameter_map", "\"\""), ("rounds", "-1"), ("steps", "-1"), ("steps", "1.5"),
      ("steps", "99999999999999999999"), ("settings", "{\"a\":1}"), ("settings", ""),
      ("tool", "[]"),
    ].map { Attack($0.0, $0.1) }
}

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
        settings: ["data": "a/b \"c\" ü\n", "clients": "8"]))
  }

  static func decode(_ bytes: [UInt8]) throws(SeedCheckpointError) -> SeedCheckpoint {
    try SeedCheckpoint(decoding: bytes, path: "test.kseed")
  }

  @Test("What is written is read", arguments: BasisKind.allCases)
  func roundTrip(kind: BasisKind) throws {
    let checkpoint = try Self.checkpoint(kind)
    #expect(try Self.decode(checkpoint.encoded()) == checkpoint)
  }

  @Test("The good file that the attacks change is read, with the values it holds")
  func goodFile() throws {
    let checkpoint = try Self.decode(Attack.file())
    #expect(checkpoint.coefficients.values == [1, -2, 0, 0.5])
    #expect(checkpoint.basis.seed == 7 && checkpoint.history.settings == ["note": "ä"])
  }

  @Test("A hostile file is refused with an error that names it", arguments: Attack.all)
  func hostile(attack: Attack) {
    let error = #expect(throws: SeedCheckpointError.self) { try Self.decode(attack.file) }
    #expect(error?.description.hasPrefix("test.kseed: ") == true)
  }

  @Test("Every cut file is refused")
  func truncated() throws {
    let bytes = try Self.checkpoint().encoded()
    let accepted = bytes.indices.filter { (try? Self.decode(Array(bytes[..<$0]))) != nil }
    #expect(accepted == [])
  }

  @Test("Every single flipped bit is noticed")
  func flippedBits() throws {
    let bytes = try Self.checkpoint().encoded()
    let accepted = (0..<8 * bytes.count).filter { bit in
      var changed = bytes
      changed[bit / 8] ^= 1 << (bit % 8)
      return (try? Self.decode(changed)) != nil
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
      if (try? Self.decode(signed(bytes))) == nil { refused += 1 }
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
