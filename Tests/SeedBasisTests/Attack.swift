import Crypto
import Foundation
import SeedBasis
import Testing

/// Returns four little-endian bytes.
func word(_ value: Int) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// Returns `bytes` and their checksum.
func signed(_ bytes: [UInt8]) -> [UInt8] { bytes + Array(SHA256.hash(data: bytes)) }

/// Reads a seed checkpoint from a file of these bytes, which exists during the call.
func decode(_ bytes: [UInt8]) throws -> SeedCheckpoint {
  let path = NSTemporaryDirectory() + "attack-\(UUID().uuidString).kseed"
  defer { try? FileManager.default.removeItem(atPath: path) }
  try Data(bytes).write(to: URL(filePath: path))
  return try SeedCheckpoint.read(path: path)
}

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

  /// A second member `"tool":"other"` after the good ones, at the end of the header.
  private static var repeatedKey: String { header().dropLast() + ",\"tool\":\"other\"}" }

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
      Attack("header after a byte-order mark", file(header: "\u{FEFF}" + header())),
      Attack("header with a key twice", file(header: repeatedKey)),
      Attack("header followed by text", file(header: header() + "{}")),
      Attack("header nested 100000 deep", file(header: String(repeating: "[", count: 100_000))),
      Attack(
        "header not UTF-8", signed(Array("KSEED\0\0\0".utf8) + word(1) + word(2) + [0xC3, 0x28])),
      Attack("candidates 2^62", file(header: header(["candidates": "4611686018427387904"]))),
    ]
    + [
      ("base", "\"abc\""), ("base", "\"\(base.uppercased())\""), ("base", "7"), ("base", ""),
      ("basis", "\"fourier\""), ("basis", "null"), ("basis_seed", "\"-1\""), ("basis_seed", "7"),
      ("basis_seed", "\"18446744073709551616\""), ("basis_seed", "\"+7\""),
      ("basis_seed", "\"007\""), ("basis_seed", "\" 7\""), ("basis_seed", "\"\""),
      ("basis_version", "2"), ("basis_version", "1.0"), ("candidates", "4.0"), ("candidates", "3"),
      ("candidates", "0"), ("candidates", "-4"), ("candidates", "1e30"), ("candidates", "8"),
      ("epsilon", "1e999"), ("epsilon", "NaN"), ("epsilon", "0"), ("epsilon", "-0.001"),
      ("epsilon", "1e39"), ("epsilon", "1e-60"), ("learning_rate", "\"1\""),
      ("learning_rate", "0.0"), ("learning_rate", "-1e-05"),
      ("parameter_map", "\"\""), ("rounds", "-1"), ("steps", "-1"), ("steps", "1.5"),
      ("steps", "99999999999999999999"), ("steps", "9223372036854775808"),
      ("steps", "9007199254740993"), ("settings", "{\"a\":1}"), ("settings", ""),
      ("settings", "{\"a\":\"1\",\"a\":\"2\"}"),
      ("tool", "[]"),
    ].map { Attack($0.0, $0.1) }
}
