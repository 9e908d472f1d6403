internal import Bytes
internal import Foundation

// What byte-level tokenizers differ in, besides their vocabulary: how text is treated before it is
// merged. Another one that llama.cpp has a name for is a row of the table below.

/// How a byte-level tokenizer treats text before it merges bytes.
package struct ByteLevelRules: Equatable, Sendable {
  /// Whether characters are composed first: Unicode's normalisation form C.
  package var composesCharacters = false

  /// How text is cut into words.
  package var preTokenizer = PreTokenizer()

  /// Whether a word that is a token stays whole, whatever the merges say.
  package var prefersWholeWords = false

  /// The rules that a GGUF file names in `tokenizer.ggml.pre`.
  ///
  /// Source: `convert_hf_to_gguf_update.py` of llama.cpp, and the `tokenizer.json` of the models.
  package static let named: [(name: String, rules: ByteLevelRules)] = [
    ("gpt-2", rules()),
    ("smollm", rules(digits: .individual)),
    ("qwen2", rules(.qwen2, composing: true)),
    ("llama-bpe", rules(.llama3, wholeWords: true)),
  ]

  /// Returns the rules that GGUF files call `name`, or `nil` if they are not known here.
  package init?(named name: String) {
    let name = UTF8Text(name)
    guard let row = Self.named.first(where: { UTF8Text($0.name) == name }) else { return nil }
    self = row.rules
  }

  /// The rules of GPT-2.
  package init() {}

  /// What GGUF files call these rules, or `nil` if they have no name for them.
  package var name: String? { Self.named.first { $0.rules == self }?.name }

  /// The names of all rules, for error messages.
  static var supportedNames: String {
    let names = named.map { "'\($0.name)'" }
    return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }

  private static func rules(
    _ expression: WordExpression = .gpt2, digits: PreTokenizer.DigitRule = .none,
    composing: Bool = false, wholeWords: Bool = false
  ) -> ByteLevelRules {
    var rules = ByteLevelRules()
    rules.composesCharacters = composing
    rules.preTokenizer.digits = digits
    rules.preTokenizer.expression = expression
    rules.prefersWholeWords = wholeWords
    return rules
  }

  /// Returns `text` as it is cut into words.
  func normalized(_ text: [UInt8]) -> [UInt8] {
    guard composesCharacters, text.contains(where: { $0 >= 0x80 }) else { return text }
    return Array(String(decoding: text, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
  }

  /// Returns the token as the normalised text would contain it.
  func normalized(_ token: AddedToken) -> AddedToken {
    var token = token
    token.content = String(decoding: normalized(Array(token.content.utf8)), as: UTF8.self)
    return token
  }
}
