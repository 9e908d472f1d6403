// The regular expressions that cut text into words, as the few kinds of matches they are made of.
// Another expression is a row of the table below.

/// A regular expression whose matches are words: alternatives, of which the first that fits counts.
package struct WordExpression: Equatable, Sendable {
  /// The expression as `tokenizer.json` spells it.
  package let text: String

  let alternatives: [Alternative]

  /// A kind of match.
  enum Alternative: Equatable, Sendable {
    /// `'s|'t|'re|'ve|'m|'ll|'d`, in either case or as they stand.
    case contraction(ignoringCase: Bool)
    /// At least one and at most `limit` characters of a class, what may stand before them, and all
    /// line ends behind them if `newlines` is set.
    case run(CharacterClass, after: Lead = .nothing, limit: Int = .max, newlines: Bool = false)
    /// `\s*[\r\n]+`: white space up to its last line end.
    case newlines
    /// `\s+(?!\S)|\s+`: white space, whose last character is left to the word that follows, if it
    /// can be.
    case spaces
  }

  /// What may stand before a run.
  enum Lead: Sendable {
    case nothing
    /// ` ?`
    case space
    /// `[^\r\n\p{L}\p{N}]?`
    case anyButNewline
  }

  private init(_ text: String, _ alternatives: [Alternative]) {
    self.text = text
    self.alternatives = alternatives
  }
}

extension WordExpression {
  /// All expressions.
  package static let all = [gpt2, qwen2, llama3]

  /// That of GPT-2; source: its `encoder.py` (Radford and others, 2019).
  package static let gpt2 = WordExpression(
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
    [
      .contraction(ignoringCase: false), .run(.letter, after: .space),
      .run(.number, after: .space), .run(.other, after: .space), .spaces,
    ])

  /// Source: `tokenizer.json` of Qwen2.
  package static let qwen2 = WordExpression(
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    [
      .contraction(ignoringCase: true), .run(.letter, after: .anyButNewline),
      .run(.number, limit: 1), .run(.other, after: .space, newlines: true), .newlines, .spaces,
    ])

  /// Source: `tokenizer.json` of Llama 3.
  package static let llama3 = WordExpression(
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
    [
      .contraction(ignoringCase: true), .run(.letter, after: .anyButNewline),
      .run(.number, limit: 3), .run(.other, after: .space, newlines: true), .newlines, .spaces,
    ])
}

/// Cuts text as an expression does, without a regular expression engine.
struct WordScanner: Sequence, IteratorProtocol {
  private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map {
    Array($0.utf8)
  }

  private let expression: WordExpression
  private let text: [UInt8]
  private var position: Int

  /// Starts at the character that begins at byte `position`.
  init(_ expression: WordExpression, text: [UInt8], from position: Int) {
    self.expression = expression
    self.text = text
    self.position = position
  }

  /// The next word.
  mutating func next() -> Range<Int>? {
    guard position < text.count else { return nil }
    let start = position
    for alternative in expression.alternatives {
      guard let end = end(of: alternative) else { continue }
      position = end
      return start..<end
    }
    preconditionFailure("\(expression.text) matches nothing at byte \(start)")
  }

  private func end(of alternative: WordExpression.Alternative) -> Int? {
    switch alternative {
    case .contraction(let ignoresCase): endOfContraction(ignoringCase: ignoresCase)
    case .run(let kind, let lead, let limit, let newlines):
      endOfRun(of: kind, after: lead, limit: limit, newlines: newlines)
    case .newlines: endOfNewlines
    case .spaces: endOfSpaces
    }
  }
}

// MARK: - Matches

extension WordScanner {
  private func endOfContraction(ignoringCase: Bool) -> Int? {
    guard text[position] == UInt8(ascii: "'") else { return nil }
    // A long s is an `s` in another case, and the only character beyond ASCII that folds to one of these.
    if ignoringCase, text[position...].starts(with: "'ſ".utf8) { return position + 3 }
    return Self.contractions.first { isHere($0, ignoringCase: ignoringCase) }
      .map { position + $0.count }
  }

  private func isHere(_ contraction: [UInt8], ignoringCase: Bool) -> Bool {
    guard contraction.count <= text.count - position else { return false }
    return contraction.indices.allSatisfy { index in
      let byte = text[position + index]
      let isUpper = ignoringCase && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      return (isUpper ? byte | 0x20 : byte) == contraction[index]
    }
  }

  private func endOfRun(
    of kind: CharacterClass, after lead: WordExpression.Lead, limit: Int, newlines: Bool
  ) -> Int? {
    let start = position(after: lead)
    guard start < text.count else { return nil }
    let end = end(of: kind, from: start, limit: limit)
    guard end > start else { return nil }
    return newlines ? endOfLineEnds(from: end) : end
  }

  /// Where a run may begin: behind the character that may stand before it, if there is one.
  private func position(after lead: WordExpression.Lead) -> Int {
    switch lead {
    case .nothing: return position
    case .space: return text[position] == UInt8(ascii: " ") ? position + 1 : position
    case .anyButNewline:
      let first = text.scalar(at: position)
      let kind = CharacterClass(first.scalar)
      let canLead = kind != .letter && kind != .number && !Self.isLineEnd(text[position])
      return canLead ? first.end : position
    }
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }

  private func endOfLineEnds(from start: Int) -> Int {
    var end = start
    while end < text.count, Self.isLineEnd(text[end]) { end += 1 }
    return end
  }

  private var endOfNewlines: Int? {
    let end = end(of: .space, from: position)
    return text[position..<end].lastIndex(where: Self.isLineEnd).map { $0 + 1 }
  }

  private var endOfSpaces: Int? {
    let end = end(of: .space, from: position)
    guard end > position, end < text.count else { return end > position ? end : nil }
    let last = text.scalar(before: end).start
    return last == position ? end : last
  }

  private func end(of kind: CharacterClass, from start: Int, limit: Int = .max) -> Int {
    var end = start
    var count = 0
    while end < text.count, count < limit {
      let next = text.scalar(at: end)
      guard CharacterClass(next.scalar) == kind else { break }
      end = next.end
      count += 1
    }
    return end
  }
}
