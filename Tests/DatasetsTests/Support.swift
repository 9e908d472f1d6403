import Foundation
import Tokenizers

/// A folder that is deleted with the value.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("datasets-\(UUID().uuidString)").path

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and returns its path.
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// Writes a file and returns its path.
  func write(_ text: String, as name: String) throws -> String {
    try write(Array(text.utf8), as: name)
  }
}

/// A tokenizer small enough to predict by hand: the longest word of a list, else a character.
struct WordListTokenizer: Tokenizer {
  var words: [String] = []
  var specialWords = ["<|im_start|>", "<|im_end|>"]
  var beginToken: Int32?
  var endToken: Int32? = 2
  var addsBeginToken = false
  var suffix: [Int32] = []
  let vocabularySize = 0x110000 + 1000

  var endTokens: Set<Int32> { Set([endToken].compactMap(\.self)) }
  var prefix: [Int32] { addsBeginToken ? [beginToken].compactMap(\.self) : [] }

  func encode(_ text: MarkedText) -> [Int32] {
    text.parts.flatMap { encode($0.text, parsingSpecialTokens: $0.areMarks) }
  }

  private func encode(_ text: String, parsingSpecialTokens: Bool) -> [Int32] {
    var tokens: [Int32] = []
    var rest = Substring(text)
    while let character = rest.unicodeScalars.first {
      if parsingSpecialTokens, let index = specialWords.firstIndex(where: rest.hasPrefix) {
        tokens.append(Int32(1 + index))
        rest = rest.dropFirst(specialWords[index].count)
      } else if let index = words.firstIndex(where: rest.hasPrefix) {
        tokens.append(Int32(100 + index))
        rest = rest.dropFirst(words[index].count)
      } else {
        tokens.append(Int32(1000 + character.value))
        rest = Substring(rest.unicodeScalars.dropFirst())
      }
    }
    return tokens
  }

  func bytes(of ids: [Int32], skippingSpecialTokens: Bool) throws(TokenizerError) -> [UInt8] {
    var text: [UInt8] = []
    for id in ids { text += try token(for: id).utf8 }
    return text
  }

  func token(for id: Int32) throws(TokenizerError) -> String {
    switch id {
    case 1...2: return specialWords[Int(id) - 1]
    case 100..<Int32(100 + words.count): return words[Int(id) - 100]
    default:
      guard let scalar = Unicode.Scalar(UInt32(max(1000, id) - 1000)) else {
        throw .idOutOfRange(id: id, vocabularySize: vocabularySize)
      }
      return String(Character(scalar))
    }
  }

  func id(forToken token: String) -> Int32? {
    encode(token, parsingSpecialTokens: true).first
  }
}
