// Tokens that are found in the text before it is cut into words: marks such as `<|im_start|>`, and
// whatever a user added to a trained vocabulary.

/// A token that is found in the text as it stands.
struct AddedToken: Equatable, Sendable {
  var id: Int32
  var content: String
  /// Whether it is a mark, found only if the caller asks for marks.
  var isSpecial: Bool
  /// Whether it takes the white space before it.
  var trimsLeft = false
  /// Whether it takes the white space after it.
  var trimsRight = false
  /// Whether it must not touch a word's character.
  var isWord = false
  /// Whether it is looked for in the normalised text.
  var isNormalized = false
}

/// A part of a text.
enum Fragment: Equatable {
  /// Text to encode.
  case text(Range<Int>)
  /// A token found in the text.
  case token(Int32)
}

/// Finds added tokens: leftmost first, of those the longest.
struct AddedTokenMatcher: Sendable {
  private let tokens: [AddedToken]
  // The ids of this table are indices of `tokens`.
  private var contents = PieceTable()
  private let lengths: [Int]
  private var beginsToken = [Bool](repeating: false, count: 256)

  /// Makes a matcher of tokens; those without content are never found.
  ///
  /// - Precondition: There are at most ``PieceTable/limit`` tokens.
  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    lengths = Set(tokens.map(\.content.utf8.count)).sorted(by: >).filter { $0 > 0 }
    for (index, token) in tokens.enumerated() {
      guard let first = token.content.utf8.first else { continue }
      contents.assign(token.content, kind: .normal, to: index)
      beginsToken[Int(first)] = true
    }
    contents.buildIndex()
  }

  /// Cuts `text` at the tokens found in it.
  ///
  /// Without `parsingSpecialTokens` a mark is text like any other, and so is all that lies in it.
  func split(_ text: [UInt8], parsingSpecialTokens: Bool) -> [Fragment] {
    var fragments: [Fragment] = []
    var textStart = 0
    var position = 0
    while position < text.count {
      guard let token = token(in: text, at: position) else {
        position += 1
        continue
      }
      let match = position..<position + token.content.utf8.count
      position = match.upperBound
      guard parsingSpecialTokens || !token.isSpecial, allows(token, at: match, in: text) else {
        continue
      }
      let range = trimmed(match, of: token, in: text, from: textStart)
      if textStart < range.lowerBound { fragments.append(.text(textStart..<range.lowerBound)) }
      fragments.append(.token(token.id))
      textStart = range.upperBound
      position = range.upperBound
    }
    if textStart < text.count { fragments.append(.text(textStart..<text.count)) }
    return fragments
  }

  /// Appends the tokens found in `text` to `ids`, and hands the parts between them to `body`, which
  /// is told of the part at the very beginning.
  func split(
    _ text: [UInt8], _ parsingSpecialTokens: Bool, _ ids: inout [Int32],
    _ body: ([UInt8], _ isFirst: Bool, inout [Int32]) -> Void
  ) {
    for fragment in split(text, parsingSpecialTokens: parsingSpecialTokens) {
      switch fragment {
      case .token(let id): ids.append(id)
      case .text(let range): body(Array(text[range]), range.lowerBound == 0, &ids)
      }
    }
  }

  private func token(in text: [UInt8], at position: Int) -> AddedToken? {
    guard beginsToken[Int(text[position])] else { return nil }
    for length in lengths where length <= text.count - position {
      let candidate = text.span.extracting(position..<position + length)
      if let index = contents.id(of: candidate) { return tokens[Int(index)] }
    }
    return nil
  }

  private func allows(_ token: AddedToken, at match: Range<Int>, in text: [UInt8]) -> Bool {
    guard token.isWord else { return true }
    let followsWord =
      match.lowerBound > 0 && text.scalar(before: match.lowerBound).scalar.isWordCharacter
    let precedesWord =
      match.upperBound < text.count && text.scalar(at: match.upperBound).scalar.isWordCharacter
    return !followsWord && !precedesWord
  }

  /// The match with the white space it takes, which does not reach before `limit`.
  private func trimmed(
    _ match: Range<Int>, of token: AddedToken, in text: [UInt8], from limit: Int
  ) -> Range<Int> {
    var (start, end) = (match.lowerBound, match.upperBound)
    while token.trimsLeft, start > limit {
      let previous = text.scalar(before: start)
      guard CharacterClass(previous.scalar) == .space else { break }
      start = previous.start
    }
    while token.trimsRight, end < text.count {
      let next = text.scalar(at: end)
      guard CharacterClass(next.scalar) == .space else { break }
      end = next.end
    }
    return start..<end
  }
}
