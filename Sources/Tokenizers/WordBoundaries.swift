// SentencePiece sees a text as one word. Where no token has a space's mark behind another
// character, no token spans that place, so that the text may be cut there: its parts come again,
// and are remembered.

/// The places where a text can be cut without changing its ids.
struct WordBoundaries: Sendable {
  private static let mark = Array("▁".utf8)

  // Characters that some token has before a mark.
  private let joined: Set<Unicode.Scalar>

  /// Finds the places, or returns `nil` if there are none: the mark itself must be a token.
  init?(_ pieces: PieceTable) {
    guard let mark = pieces.id(of: "▁"), pieces.kind(of: mark)?.isPiece == true else { return nil }
    var joined: Set<Unicode.Scalar> = ["▁"]
    for id in 0..<Int32(pieces.count) where pieces.kind(of: id) != nil {
      let token = Array(pieces.bytes(of: id))
      for position in token.indices.dropFirst()
      where token[position] == Self.mark[0] && token[position...].starts(with: Self.mark) {
        joined.insert(token.scalar(before: position).scalar)
      }
    }
    self.joined = joined
  }

  /// Calls `body` with the parts of a text, in order.
  func forEachWord(of text: [UInt8], _ body: (Range<Int>) -> Void) {
    var start = 0
    var position = 1
    while position < text.count {
      if text[position] == Self.mark[0], text[position...].starts(with: Self.mark),
        !joined.contains(text.scalar(before: position).scalar)
      {
        body(start..<position)
        start = position
      }
      position += 1
    }
    if start < text.count { body(start..<text.count) }
  }
}
