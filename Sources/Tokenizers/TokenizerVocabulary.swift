// The vocabulary of a GGUF file as plain values. Whoever reads the file fills them in; this target
// knows nothing of GGUF but the names of its keys, which error messages use.

internal import Bytes

/// The values of a GGUF file that describe its tokenizer.
///
/// Each property names its key in the file. Set what the file has and leave the rest.
public struct TokenizerVocabulary: Sendable {
  /// The name of the file, for error messages.
  public var file: String

  /// `tokenizer.ggml.model`: `gpt2` (byte-level byte pairs), `llama` (SentencePiece's byte pairs)
  /// or `t5` (SentencePiece's unigrams).
  public var model: String

  /// `tokenizer.ggml.pre`: a name of ``ByteLevelRules/named``; not used by `llama`.
  public var preTokenizer: String?

  /// `general.name`; llama.cpp tells Phi-3 by it, whose marks take the white space after them.
  public var modelName: String?

  /// `tokenizer.ggml.tokens`, by id.
  public var tokens: [String]

  /// `tokenizer.ggml.token_type`, by id: raw values of ``TokenKind``; empty if all are normal.
  public var types: [Int32]

  /// `tokenizer.ggml.scores`, by id; `gpt2` needs none.
  public var scores: [Float]

  /// `tokenizer.ggml.merges`, best first: two tokens with a space between; only `gpt2` needs them.
  public var merges: [String]

  /// `tokenizer.ggml.bos_token_id`.
  public var beginToken: Int32?

  /// `tokenizer.ggml.eos_token_id`.
  public var endToken: Int32?

  /// `tokenizer.ggml.eot_token_id` and `eom_token_id`: other tokens at which an answer ends.
  public var otherEndTokens: [Int32] = []

  /// `tokenizer.ggml.unknown_token_id`; only `t5` needs it.
  public var unknownToken: Int32?

  /// `tokenizer.ggml.add_bos_token`; where absent, true for `llama`, and as llama.cpp has it by
  /// ``preTokenizer`` for `gpt2`.
  public var addsBeginToken: Bool?

  /// `tokenizer.ggml.add_eos_token`; where absent, true for `t5` and false for the others.
  public var addsEndToken: Bool?

  /// `tokenizer.ggml.add_space_prefix`; where absent, true; not used by `gpt2`.
  public var addsSpacePrefix: Bool?

  /// `tokenizer.ggml.remove_extra_whitespaces`; where absent, false.
  public var removesExtraSpaces: Bool?

  /// `tokenizer.ggml.precompiled_charsmap`: what replaces characters first; only `t5` has it.
  public var characterMap: [UInt8]?

  /// Whether characters without a token become those of their bytes; where absent, true for
  /// `llama`.
  var fallsBackToBytes: Bool?

  /// Whether tokens of users are spelled as SentencePiece sees a text, rather than as a text is.
  var spellsUserTokensAsNormalized = false

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
    switch UTF8Text(model) {
    case "gpt2": return try makeByteLevel()
    case "llama", "t5": return try makeSentencePiece(isUnigram: UTF8Text(model) == "t5")
    default:
      throw .unsupported(
        file: file, field: "tokenizer.ggml.model", found: excerpt(model),
        supported: "'gpt2', 'llama' or 't5'")
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
          trimsRight: trimsRight(token),
          isNormalized: kind == .userDefined && spellsUserTokensAsNormalized,
          isSpelledAsNormalized: spellsUserTokensAsNormalized))
    }
    pieces.buildIndex()
    var table = TokenTable(
      file: file, pieces: pieces, added: added,
      beginToken: try checked(beginToken, field: "tokenizer.ggml.bos_token_id"),
      endToken: try checked(endToken, field: "tokenizer.ggml.eos_token_id"))
    table.endTokens = Set(otherEndTokens.filter { $0 >= 0 } + [table.endToken].compactMap(\.self))
    if addsBeginToken ?? addsBeginTokenByDefault { table.prefix = [beginToken].compactMap(\.self) }
    if addsEndToken ?? (UTF8Text(model) == "t5") { table.suffix = [endToken].compactMap(\.self) }
    return table
  }

  private var addsBeginTokenByDefault: Bool {
    switch UTF8Text(model) {
    case "llama": true
    case "gpt2": preTokenizer.flatMap(ByteLevelRules.init(named:))?.addsBeginToken ?? false
    default: false
    }
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
    let name = UTF8Text(modelName?.lowercased() ?? "")
    return (name.contains("phi-3") || name.contains("phi3"))
      && !["<unk>", "<s>", "<|endoftext|>"].contains(UTF8Text(token))
  }
}
