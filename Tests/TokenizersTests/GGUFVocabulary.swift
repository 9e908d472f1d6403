// The least of GGUF that a vocabulary needs, for tests that run without the reader of weight files.

import Foundation
import Tokenizers

/// Reads the tokenizer of a GGUF file, which the tests trust.
func readVocabulary(ofGGUF path: String) throws -> TokenizerVocabulary {
  let data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
  var reader = GGUFMetadataReader(bytes: data)
  let values = reader.values()
  func value<Value>(_ key: String, _: Value.Type = Value.self) -> Value? {
    values["tokenizer.ggml.\(key)"] as? Value
  }
  func id(_ key: String) -> Int32? { value(key, UInt64.self).map { Int32($0) } }
  var vocabulary = TokenizerVocabulary(
    file: path, model: value("model") ?? "", tokens: value("tokens") ?? [],
    types: value("token_type", [UInt64].self)?.map { Int32(truncatingIfNeeded: $0) } ?? [],
    beginToken: id("bos_token_id"), endToken: id("eos_token_id"))
  vocabulary.preTokenizer = value("pre")
  vocabulary.modelName = values["general.name"] as? String
  vocabulary.scores =
    value("scores", [UInt64].self)?
    .map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) } ?? []
  vocabulary.merges = value("merges") ?? []
  vocabulary.addsBeginToken = value("add_bos_token", UInt64.self).map { $0 != 0 }
  vocabulary.addsSpacePrefix = value("add_space_prefix", UInt64.self).map { $0 != 0 }
  return vocabulary
}

/// Walks the key-value pairs at the head of a GGUF file, version 3.
private struct GGUFMetadataReader {
  let bytes: Data
  var position = 0

  init(bytes: Data) { self.bytes = bytes }

  mutating func values() -> [String: Any] {
    position = 16
    let count = integer(byteCount: 8)
    var values: [String: Any] = [:]
    for _ in 0..<count {
      let key = string()
      values[key] = value(ofType: integer(byteCount: 4))
    }
    return values
  }

  /// A string, a list, or the bits of a number.
  private mutating func value(ofType type: UInt64) -> Any {
    switch type {
    case 8: return string()
    case 9: return list()
    default: return integer(byteCount: [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][Int(type)])
    }
  }

  private mutating func list() -> Any {
    let type = integer(byteCount: 4)
    let count = integer(byteCount: 8)
    let values = (0..<count).map { _ in value(ofType: type) }
    return values as? [String] ?? values as? [UInt64] ?? values
  }

  private mutating func string() -> String {
    let count = Int(integer(byteCount: 8))
    defer { position += count }
    return String(decoding: bytes[position..<position + count], as: UTF8.self)
  }

  private mutating func integer(byteCount: Int) -> UInt64 {
    defer { position += byteCount }
    return bytes[position..<position + byteCount].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
