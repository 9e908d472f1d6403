// What all tokenizers share: tokens by id, tokens found in the text, begin and end.

/// The tokens of a vocabulary.
struct TokenTable: Sendable {
  /// Where the vocabulary came from, for error messages.
  let file: String
  /// All tokens.
  var pieces: PieceTable
  /// The tokens that are found in the text before it is cut into words.
  let added: [AddedToken]
  /// The token that stands before a text.
  var beginToken: Int32?
  /// The token that ends a text.
  var endToken: Int32?
  /// The tokens at which an answer ends.
  var endTokens: Set<Int32> = []
  /// What the model expects before a text.
  var prefix: [Int32] = []
  /// What the model expects behind a text.
  var suffix: [Int32] = []
  /// Whether ordinary tokens are bytes, which ``ByteAlphabet`` spells for people.
  var holdsBytes = false

  /// The text of a token.
  func token(for id: Int32) throws(TokenizerError) -> String {
    let kind = try kind(of: id)
    if holdsBytes, !kind.isAdded { return ByteAlphabet.spelling(of: pieces.bytes(of: id)) }
    return String(decoding: pieces.bytes(of: id), as: UTF8.self)
  }

  /// The kind of a token.
  ///
  /// - Throws: ``TokenizerError/idOutOfRange(id:vocabularySize:)`` for an id without a token.
  func kind(of id: Int32) throws(TokenizerError) -> TokenKind {
    guard let kind = pieces.kind(of: id) else {
      throw .idOutOfRange(id: id, vocabularySize: pieces.count)
    }
    return kind
  }

  /// The id of the token that the vocabulary spells so, if there is one.
  func id(ofToken token: String) -> Int32? {
    guard holdsBytes else { return pieces.id(of: token) }
    let bytes = ByteAlphabet.bytes(spelledBy: Array(token.utf8)[...])
    return pieces.id(of: bytes.span) ?? pieces.id(of: token)
  }
}
