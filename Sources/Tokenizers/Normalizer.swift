// What is done to text before it is cut into words: Unicode's normal forms, spaces as marks, case.

/// The changes that a tokenizer makes to text, in order.
package struct Normalizer: Equatable, Sendable {
  /// One change, by the names of `tokenizers`.
  package enum Step: Equatable, Sendable {
    /// Unicode's normal forms: composed or not, by canonical equivalence or compatibility.
    case nfc, nfd, nfkc, nfkd
    case lowercase
    /// Takes combining marks away.
    case stripAccents
    /// Takes white space away at either end.
    case strip(left: Bool, right: Bool)
    /// Puts a text before one that is not empty.
    case prepend(String)
    case replace(TextPattern, by: String)
    /// The map of a SentencePiece model, by which it was trained.
    case charactersMap(CharacterMap, CharacterMap.Unit)
    /// One space for several, and none at either end.
    case squeezeSpaces
  }

  /// The changes, in order.
  package var steps: [Step]

  /// Creates a normalizer.
  package init(_ steps: [Step] = []) { self.steps = steps }

  /// Returns `text` with all changes.
  func normalized(_ text: [UInt8]) -> [UInt8] {
    steps.reduce(text) { $1.apply(to: $0) }
  }

  /// Returns the token as the normalised text would contain it.
  func normalized(_ token: AddedToken) -> AddedToken {
    var token = token
    token.content = String(decoding: normalized(Array(token.content.utf8)), as: UTF8.self)
    return token
  }
}

extension Normalizer.Step {
  /// What becomes of a byte at most, in bytes, but for what ``prepend(_:)`` adds once.
  var growth: Int {
    switch self {
    case .replace(let pattern, let content):
      content.utf8.count * (pattern.program.mayBeEmpty ? 2 : 1)
        + (pattern.program.mayBeEmpty ? 1 : 0)
    case .charactersMap(let map, _): map.longestReplacement
    default: 1
    }
  }

  fileprivate func apply(to text: [UInt8]) -> [UInt8] {
    switch self {
    case .nfc, .nfd, .nfkc, .nfkd: normalForm(of: text)
    case .lowercase: mapped(text) { $0.properties.lowercaseMapping.utf8 }
    case .stripAccents:
      mapped(text) { CategorySet.mark.contains(ScalarKinds.all[$0]) ? "".utf8 : String($0).utf8 }
    case .strip(let left, let right): stripped(text, left, right)
    case .prepend(let prefix): text.isEmpty ? [] : Array(prefix.utf8) + text
    case .replace(let pattern, let content): replaced(text, pattern, Array(content.utf8))
    // What a map of a stranger has need not be UTF-8.
    case .charactersMap(let map, let unit):
      Array(String(decoding: map.mapped(text, by: unit), as: UTF8.self).utf8)
    case .squeezeSpaces: squeezed(text)
    }
  }

  private func mapped(_ text: [UInt8], _ map: (Unicode.Scalar) -> String.UTF8View) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      let (scalar, end) = text.scalar(at: position)
      result += map(scalar)
      position = end
    }
    return result
  }

  private func stripped(_ text: [UInt8], _ left: Bool, _ right: Bool) -> [UInt8] {
    var (start, end) = (0, text.count)
    while left, start < end, case let next = text.scalar(at: start), isSpace(next.scalar) {
      start = next.end
    }
    while right, end > start, case let last = text.scalar(before: end), isSpace(last.scalar) {
      end = last.start
    }
    return Array(text[start..<end])
  }

  private func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  private func replaced(
    _ text: [UInt8], _ pattern: TextPattern, _ content: [UInt8]
  ) -> [UInt8] {
    if pattern == .space { return text.flatMapSpaces(to: content) }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var matcher = ExpressionMatcher(pattern.program)
    matcher.forEachPart(of: text, in: 0..<text.count) { part, isMatch in
      if isMatch { result += content } else { result += text[part] }
    }
    return result
  }

  private func squeezed(_ text: [UInt8]) -> [UInt8] {
    let space = UInt8(ascii: " ")
    var result: [UInt8] = []
    for byte in text where byte != space || (result.last ?? space) != space { result.append(byte) }
    if result.last == space { result.removeLast() }
    return result
  }
}

extension TextPattern {
  /// A single space.
  static let space = literal(" ")

  /// A text to find that is known to be short.
  static func literal(_ text: String) -> TextPattern {
    do { return try TextPattern(literal: text) } catch { preconditionFailure(error.found) }
  }
}

extension [UInt8] {
  /// The bytes with `content` for each space.
  fileprivate func flatMapSpaces(to content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count + count / 2)
    for byte in self {
      if byte == UInt8(ascii: " ") { result += content } else { result.append(byte) }
    }
    return result
  }
}
