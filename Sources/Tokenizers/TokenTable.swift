// What both kinds of tokenizer share: tokens by id, tokens found in the text, begin and end.

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
  /// Whether the model expects ``beginToken``.
  var addsBeginToken = false

  /// The text of a token.
  func token(for id: Int32) throws(TokenizerError) -> String {
    _ = try kind(of: id)
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

  /// Appends the text of tokens to `bytes`; `spelled` turns an ordinary one into bytes.
  func bytes(
    of ids: [Int32], skippingSpecialTokens: Bool, _ spelled: (Int32) -> [UInt8]
  ) throws(TokenizerError) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      let kind = try kind(of: id)
      if kind.isSpecial, skippingSpecialTokens { continue }
      if kind.isAdded {
        bytes.append(contentsOf: pieces.bytes(of: id))
      } else {
        bytes.append(contentsOf: spelled(id))
      }
    }
    return bytes
  }
}

/// A tokenizer around a table: all that does not depend on how text is cut and merged.
protocol TableTokenizer: Tokenizer {
  var table: TokenTable { get }
}

extension TableTokenizer {
  var vocabularySize: Int { table.pieces.count }
  var beginToken: Int32? { table.beginToken }
  var endToken: Int32? { table.endToken }
  var addsBeginToken: Bool { table.addsBeginToken }

  func token(for id: Int32) throws(TokenizerError) -> String { try table.token(for: id) }
  func id(forToken token: String) -> Int32? { table.pieces.id(of: token) }
}
