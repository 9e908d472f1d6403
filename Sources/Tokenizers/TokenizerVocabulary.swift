// The vocabulary of a GGUF file as plain values. Whoever reads the file fills them in; this target
// knows nothing of GGUF but the names of its keys, which error messages use.

/// The values of a GGUF file that describe its tokenizer.
///
/// Each property names its key in the file. Set what the file has and leave the rest.
public struct TokenizerVocabulary: Sendable {
  /// The name of the file, for error messages.
  public var file: String

  /// `tokenizer.ggml.model`: `gpt2` (byte-level byte pairs) or `llama` (SentencePiece).
  public var model: String

  /// `tokenizer.ggml.pre`: a name of ``ByteLevelRules/named``; not used by `llama`.
  public var preTokenizer: String?

  /// `general.name`; llama.cpp tells Phi-3 by it, whose marks take the white space after them.
  public var modelName: String?

  /// `tokenizer.ggml.tokens`, by id.
  public var tokens: [String]

  /// `tokenizer.ggml.token_type`, by id: raw values of ``TokenKind``; empty if all are normal.
  public var types: [Int32]

  /// `tokenizer.ggml.scores`, by id; only `llama` needs them.
  public var scores: [Float]

  /// `tokenizer.ggml.merges`, best first: two tokens with a space between; only `gpt2` needs them.
  public var merges: [String]

  /// `tokenizer.ggml.bos_token_id`.
  public var beginToken: Int32?

  /// `tokenizer.ggml.eos_token_id`.
  public var endToken: Int32?

  /// `tokenizer.ggml.add_bos_token`; where absent, true for `llama` and false for `gpt2`.
  public var addsBeginToken: Bool?

  /// `tokenizer.ggml.add_space_prefix`; where absent, true; not used by `gpt2`.
  public var addsSpacePrefix: Bool?

  /// Makes a vocabulary without merges and scores.
  public init(
    file: String, model: String, tokens: [String], types: [Int32] = [],
    beginToken: Int32? = nil, endToken: Int32? = nil
  ) {
    self.file = file
    self.model = model
    self.tokens = tokens
    self.types = types
    self.beginToken = beginToken
    self.endToken = endToken
    scores = []
    merges = []
  }

  /// Makes the tokenizer that ``model`` asks for.
  ///
  /// - Throws: ``TokenizerError`` that names the key at fault.
  /// - Complexity: O(n log n) in the size of the vocabulary.
  public func makeTokenizer() throws(TokenizerError) -> any Tokenizer {
    switch model {
    case "gpt2": return try BytePairTokenizer(self)
    case "llama": return try SentencePieceTokenizer(self)
    default:
      throw .unsupported(
        file: file, field: "tokenizer.ggml.model", found: excerpt(model),
        supported: "'gpt2' or 'llama'")
    }
  }
}

extension TokenizerVocabulary {
  /// The tokens by id.
  func makeTable() throws(TokenizerError) -> TokenTable {
    try checkCounts()
    var pieces = PieceTable()
    var added: [AddedToken] = []
    for (id, token) in tokens.enumerated() {
      let kind = try kind(of: id)
      pieces.assign(token, kind: kind, to: id)
      guard kind.isAdded else { continue }
      added.append(
        AddedToken(
          id: Int32(id), content: token, isSpecial: kind.isSpecial,
          trimsRight: trimsRight(token)))
    }
    pieces.buildIndex()
    return TokenTable(
      file: file, pieces: pieces, added: added,
      beginToken: try checked(beginToken, field: "tokenizer.ggml.bos_token_id"),
      endToken: try checked(endToken, field: "tokenizer.ggml.eos_token_id"),
      addsBeginToken: addsBeginToken ?? (model == "llama"))
  }

  private func checkCounts() throws(TokenizerError) {
    guard 1...PieceTable.limit ~= tokens.count else {
      throw .invalid(
        file: file, field: "tokenizer.ggml.tokens", found: "\(tokens.count) tokens",
        expected: "1 to \(PieceTable.limit) tokens")
    }
    guard types.isEmpty || types.count == tokens.count else {
      throw .invalid(
        file: file, field: "tokenizer.ggml.token_type", found: "\(types.count) types",
        expected: "one for each of \(tokens.count) tokens")
    }
  }

  private func kind(of id: Int) throws(TokenizerError) -> TokenKind {
    guard !types.isEmpty else { return .normal }
    guard let kind = TokenKind(rawValue: types[id]) else {
      throw .invalid(
        file: file, field: "tokenizer.ggml.token_type[\(id)]", found: "\(types[id])",
        expected: "1 to 6")
    }
    return kind
  }

  private func checked(_ id: Int32?, field: String) throws(TokenizerError) -> Int32? {
    guard let id, id < 0 || Int(id) >= tokens.count else { return id }
    throw .invalid(
      file: file, field: field, found: "\(id)", expected: "the id of one of \(tokens.count) tokens")
  }

  /// Source: llama.cpp, which goes by the model's name because GGUF has no field for it.
  private func trimsRight(_ token: String) -> Bool {
    let name = modelName?.lowercased() ?? ""
    return (name.contains("phi-3") || name.contains("phi3"))
      && !["<unk>", "<s>", "<|endoftext|>"].contains(token)
  }
}
