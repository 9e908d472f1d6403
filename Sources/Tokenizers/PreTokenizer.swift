// Byte-level vocabularies cut text into words before merging: no token spans two words.

/// The way to cut text into words.
package struct PreTokenizer: Equatable, Sendable {
  /// What to do with digits before all else.
  package enum DigitRule: Sendable { case none, individual, runs }

  /// How `\p{N}` characters are set apart.
  package var digits = DigitRule.none

  /// Whether a space is put before text that has none.
  package var addsPrefixSpace = false

  /// The expression whose matches are words; without one, the text is one word.
  package var expression: WordExpression? = .gpt2

  /// Creates the way of GPT-2.
  package init() {}

  /// Returns the words of `text`, which must be valid UTF-8.
  package func words(in text: [UInt8]) -> Words {
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
    if let expression {
      words.ranges.append(contentsOf: WordScanner(expression, text: words.text, from: start))
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
package struct Words {
  /// The text, with any spaces put in.
  package fileprivate(set) var text: [UInt8] = []
  /// The words, in order and without gaps.
  package fileprivate(set) var ranges: [Range<Int>] = []
}
