// How tokens become text again: what a token's name stands for, and what happens where tokens meet.

/// The steps from the names of tokens to text, in order, by the names of `tokenizers`.
struct TokenDecoder: Equatable, Sendable {
  enum Step: Equatable, Sendable {
    /// Names that spell bytes as ``ByteAlphabet`` does.
    case byteLevel
    /// Names such as `<0x0A>`, one for each byte.
    case byteFallback
    /// Joins all tokens into one text.
    case fuse
    case replace(TextPattern, by: String)
    /// Takes up to so many characters away at the start and at the end of each text.
    case strip(Unicode.Scalar, start: Int, stop: Int)
    /// Marks become spaces; those of the first token go away if `dropsFirst` is set.
    case metaspace(mark: String, dropsFirst: Bool)
    /// A space between tokens: what `tokenizers` does without a decoder.
    case spaceBetween
  }

  var steps: [Step]

  /// Whether added tokens go past the steps: they are text already.
  var sparesAddedTokens = false

  /// A piece of what is decoded.
  struct Piece {
    var bytes: [UInt8]
    var isSpared = false
  }

  /// Returns the bytes of tokens.
  func bytes(of pieces: [Piece]) -> [UInt8] {
    Array(steps.reduce(pieces) { apply($1, to: $0) }.map(\.bytes).joined())
  }

  private func apply(_ step: Step, to pieces: [Piece]) -> [Piece] {
    switch step {
    case .byteLevel:
      return each(pieces) { ByteAlphabet.bytes(spelledBy: $0[...]) }
    case .byteFallback: return each(pieces) { Self.byte(named: $0).map { [$0] } ?? $0 }
    case .fuse: return [Piece(bytes: Array(pieces.map(\.bytes).joined()))]
    case .replace(let pattern, let content):
      return each(pieces) { replaced($0, pattern, content) }
    case .strip(let scalar, let start, let stop):
      return each(pieces) { stripped($0, Array(String(scalar).utf8), start, stop) }
    case .metaspace(let mark, let dropsFirst):
      return unmarked(pieces, mark, dropsFirst)
    case .spaceBetween:
      return pieces.enumerated().map { index, piece in
        index == 0 ? piece : Piece(bytes: [UInt8(ascii: " ")] + piece.bytes)
      }
    }
  }

  private func each(_ pieces: [Piece], _ change: ([UInt8]) -> [UInt8]) -> [Piece] {
    pieces.map { $0.isSpared ? $0 : Piece(bytes: change($0.bytes)) }
  }

  /// The text with replacements; half a character is none to look for anything in.
  private func replaced(_ text: [UInt8], _ pattern: TextPattern, _ content: String) -> [UInt8] {
    guard (try? UTF8Span(validating: text.span)) != nil else { return text }
    return Normalizer([.replace(pattern, by: content)]).normalized(text)
  }

  /// The byte that a name such as `<0x0A>` means.
  static func byte(named name: [UInt8]) -> UInt8? {
    guard name.count == 6, name.starts(with: "<0x".utf8), name[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: name[3..<5], as: UTF8.self), radix: 16)
  }

  private func stripped(_ text: [UInt8], _ unit: [UInt8], _ start: Int, _ stop: Int) -> [UInt8] {
    var rest = text[...]
    var (start, stop) = (start, stop)
    while start > 0, rest.starts(with: unit) {
      rest = rest.dropFirst(unit.count)
      start -= 1
    }
    while stop > 0, rest.suffix(unit.count).elementsEqual(unit) {
      rest = rest.dropLast(unit.count)
      stop -= 1
    }
    return Array(rest)
  }

  private func unmarked(_ pieces: [Piece], _ mark: String, _ dropsFirst: Bool) -> [Piece] {
    let pattern = TextPattern.literal(mark)
    return pieces.enumerated().map { index, piece in
      let content = index == 0 && dropsFirst ? "" : " "
      return piece.isSpared ? piece : Piece(bytes: replaced(piece.bytes, pattern, content))
    }
  }
}

extension TokenDecoder.Step {
  /// What becomes of a byte at most, in bytes.
  var growth: Int {
    if case .replace(let pattern, let content) = self {
      return Normalizer.Step.replace(pattern, by: content).growth
    }
    return 1
  }
}
