// What is looked for in a text: an expression, or characters as they stand.

/// An expression or a text to find.
package struct TextPattern: Equatable, Sendable {
  /// The expression, or the text.
  package let text: String
  /// Whether ``text`` is an expression.
  package let isExpression: Bool
  let program: ExpressionProgram

  /// Compiles an expression.
  init(
    expression text: String, dialect: ExpressionDialect = .oniguruma
  ) throws(ExpressionError) {
    self.text = text
    isExpression = true
    program = try ExpressionProgram(try ExpressionParser.parse(text, dialect: dialect))
  }

  /// Compiles a text to find as it stands.
  init(literal text: String) throws(ExpressionError) {
    self.text = text
    isExpression = false
    program = try ExpressionProgram(
      .sequence(text.unicodeScalars.map { .one(.range($0.value...$0.value)) }))
  }

  /// Returns whether both are written the same.
  package static func == (first: TextPattern, second: TextPattern) -> Bool {
    first.isExpression == second.isExpression
      && first.text.utf8.elementsEqual(second.text.utf8)
  }
}

extension TextPattern: CustomStringConvertible {
  /// The expression, or the text.
  package var description: String { text }
}

extension TextPattern {
  // Patterns of this program, which are known to compile.
  fileprivate static func known(_ text: String) -> TextPattern {
    do { return try TextPattern(expression: text) } catch {
      preconditionFailure("\(text): \(error.found)")
    }
  }

  /// That of GPT-2; source: its `encoder.py` (Radford and others, 2019).
  package static let gpt2 = known(
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#)

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let tail = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
  private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#

  /// Source: `tokenizer.json` of Qwen2.
  package static let qwen2 = known(
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + tail)
  /// Source: `tokenizer.json` of Qwen3.5.
  static let qwen35 = known(
    contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"#
      + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
  /// Source: `tokenizer.json` of Llama 3.
  package static let llama3 = known(
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + tail)
  /// Source: `o200k_base` of `tiktoken`, and `tokenizer.json` of Llama 4.
  package static let gpt4o = known(
    #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+\#(contractions)?"#
      + #"|[^\r\n\p{L}\p{N}]?\#(upper)+\#(lower)*\#(contractions)?"#
      + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
  /// Source: `tekken.json` of Mistral.
  static let tekken = known(
    #"[^\r\n\p{L}\p{N}]?\#(upper)*\#(lower)+|[^\r\n\p{L}\p{N}]?\#(upper)+\#(lower)*"#
      + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
  /// Source: `cl100k_base` of `tiktoken`.
  static let gpt4 = known(
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*+"#
      + #"|\s++\z|\s*[\r\n]|\s+(?!\S)|\s"#)
  /// Source: `tokenizer.json` of Bailing.
  static let bailing = known(
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*"#
      + #"|\s*[\r\n]|\s+(?!\S)|\s+"#)
  /// Source: `tokenizer.json` of Seed-Coder.
  static let seedCoder = known(
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+"#
      + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#)
  /// Source: `tokenizer.json` of BLOOM.
  static let bloom = known(#" ?[^(\s|[.,!?…。，、।۔،])]+"#)

  static let numbers = known(#"\p{N}+"#)
  static let number = known(#"\p{N}"#)
  static let threeNumbers = known(#"\p{N}{1,3}"#)
  static let threeDigits = known("[0-9][0-9][0-9]")
  static let lineEnd = known(#"[\r\n]"#)
  static let lastSpace = known(#"\s+$"#)
  /// Source: `tokenizer.json` of DeepSeek-LLM and -Coder.
  static let hanKanaHangul = known("[一-龥ࠀ-一가-퟿]+")
  static let hanKana = known("[一-龥぀-ゟ゠-ヿ]+")
  static let coderLetters = known(#"\s?\p{L}+"#)
  /// Source: `tokenizer.json` of Falcon, whose first step is all punctuation.
  static let falconPunctuation = known(#"[\p{P}$+<=>^~|`]+"#)
  static let coderPunctuation = known(#"\s?\p{P}+"#)
  static let deepSeekPunctuation = known(#"\s?[!-/:-~！-／：-～‘-‟　-。]+"#)
  static let deepSeekLetters = known(
    #"\s?[A-Za-z\x{b5}À-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷ"#
      + #"ᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝ\x{1f5f}-\x{1f7d}ᾀ-ᾴᾶ-ᾼ\x{1fbe}ῂ-ῄῆ-ῌ\x{1fd0}-\x{1fd3}"#
      + #"\x{1fd6}-\x{1fdb}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212a}-\x{212d}ℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄ"#
      + "Ⰰ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+")
  /// Source: `tokenizer.json` of DeepSeek-V3.
  static let deepSeek3 = known(
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^"## + "\r\n"
      + #"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+["# + "\r\n" + #"]*|\s*["# + "\r\n"
      + #"]+|\s+(?!\S)|\s+"#)
}
