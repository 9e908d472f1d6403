// Byte-level vocabularies cut text into words before merging: no token spans two words.

/// The way to cut text into words.
struct PreTokenizer: Equatable, Sendable {
  /// What to do with digits before all else.
  enum DigitRule { case none, individual, runs }

  /// How `\p{N}` characters are set apart.
  var digits = DigitRule.none

  /// Whether a space is put before text that has none.
  var addsPrefixSpace = false

  /// Whether GPT-2's expression cuts the text.
  var splitsWords = true

  /// Returns the words of `text`, which must be valid UTF-8.
  func words(in text: [UInt8]) -> Words {
    var words = Words()
    var position = 0
    while position < text.count {
      let end = endOfPiece(in: text, from: position)
      append(text[position..<end], to: &words)
      position = end
    }
    return words
  }

  private func append(_ piece: ArraySlice<UInt8>, to words: inout Words) {
    let start = words.text.count
    let space = UInt8(ascii: " ")
    if addsPrefixSpace, piece.first != space { words.text.append(space) }
    words.text.append(contentsOf: piece)
    if splitsWords {
      words.ranges.append(contentsOf: WordScanner(text: words.text, from: start))
    } else {
      words.ranges.append(start..<words.text.count)
    }
  }

  private func endOfPiece(in text: [UInt8], from start: Int) -> Int {
    guard digits != .none else { return text.count }
    let first = text.scalar(at: start)
    let isNumber = CharacterClass(first.scalar) == .number
    var end = first.end
    if isNumber, digits == .individual { return end }
    while end < text.count {
      let next = text.scalar(at: end)
      guard (CharacterClass(next.scalar) == .number) == isNumber else { break }
      end = next.end
    }
    return end
  }
}

/// Text cut into words.
struct Words {
  /// The text, with any spaces put in.
  var text: [UInt8] = []
  /// The words, in order and without gaps.
  var ranges: [Range<Int>] = []
}

/// Cuts text as GPT-2's regular expression does, without a regular expression engine.
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// Source: `encoder.py` of GPT-2 (Radford et al. 2019).
struct WordScanner: Sequence, IteratorProtocol {
  private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map {
    Array($0.utf8)
  }

  private let text: [UInt8]
  private var position: Int

  /// Starts at the character that begins at byte `position`.
  init(text: [UInt8], from position: Int) {
    self.text = text
    self.position = position
  }

  /// The next word.
  mutating func next() -> Range<Int>? {
    guard position < text.count else { return nil }
    let start = position
    position = endOfContraction ?? endOfRun ?? endOfSpaces
    return start..<position
  }

  private var endOfContraction: Int? {
    guard text[position] == UInt8(ascii: "'") else { return nil }
    return Self.contractions.first { text[position...].starts(with: $0) }
      .map { position + $0.count }
  }

  /// The end of letters, numbers or other visible characters, with or without a space before.
  private var endOfRun: Int? {
    let start = text[position] == UInt8(ascii: " ") ? position + 1 : position
    guard start < text.count else { return nil }
    let kind = CharacterClass(text.scalar(at: start).scalar)
    return kind == .space ? nil : end(of: kind, from: start)
  }

  /// The end of white space; its last character is left to the word that follows, if it can be.
  private var endOfSpaces: Int {
    let end = end(of: .space, from: position)
    guard end < text.count else { return end }
    let last = text.scalar(before: end).start
    return last == position ? end : last
  }

  private func end(of kind: CharacterClass, from start: Int) -> Int {
    var end = start
    while end < text.count {
      let next = text.scalar(at: end)
      guard CharacterClass(next.scalar) == kind else { break }
      end = next.end
    }
    return end
  }
}
