// Hugging Face's `tokenizer.json`, read but not yet understood: what its parts ask for is decided by
// the tokenizer that is made of it.

internal import Bytes

/// A `tokenizer.json` file and the `tokenizer_config.json` beside it.
///
/// Settings for training and batching (`truncation`, `padding`, `dropout`) are not used.
public struct TokenizerFile: Sendable {
  /// The name of the file, for error messages.
  public let file: String

  var pieces = PieceTable()
  var merges = MergeList()
  var addedTokens: [AddedToken] = []
  // Everything else, by its path in the file.
  var normalizer = JSON.null
  var preTokenizer = JSON.null
  var postProcessor = JSON.null
  var decoder = JSON.null
  var modelSettings: [UTF8Text: JSON] = [:]
  var configuration = JSON.null
  var modelBeginToken: Int32?
  var modelEndToken: Int32?

  /// Reads the files from their contents.
  ///
  /// - Parameters:
  ///   - json: The bytes of `tokenizer.json`.
  ///   - configuration: The bytes of `tokenizer_config.json`, which names the begin and end tokens.
  ///   - beginToken: `bos_token_id` of the model's `config.json`, for files that name no begin token.
  ///   - endToken: `eos_token_id` of the model's `config.json`, for files that name no end token.
  ///   - file: The name of `tokenizer.json`, for error messages.
  /// - Throws: ``TokenizerError`` that names the byte or the field at fault.
  /// - Complexity: O(n) for n bytes.
  public init(
    json: [UInt8], configuration: [UInt8]? = nil, beginToken: Int32? = nil,
    endToken: Int32? = nil, file: String = "tokenizer.json"
  ) throws(TokenizerError) {
    self.file = file
    modelBeginToken = beginToken
    modelEndToken = endToken
    var scanner = try JSONScanner(json, file: file)
    try readTokenizer(&scanner)
    if let configuration {
      var scanner = try JSONScanner(configuration, file: "\(file), tokenizer_config.json")
      self.configuration = try scanner.value()
      try scanner.finish()
    }
  }

  /// Makes the tokenizer that the file asks for: ``SentencePieceTokenizer`` if its model falls back
  /// to byte tokens, otherwise ``BytePairTokenizer``.
  ///
  /// - Throws: ``TokenizerError`` that names the field at fault.
  public func makeTokenizer() throws(TokenizerError) -> any Tokenizer {
    if modelSettings["byte_fallback"]?.bool == true {
      return try SentencePieceTokenizer(self)
    }
    return try BytePairTokenizer(self)
  }
}

// MARK: - Reading

extension TokenizerFile {
  private mutating func readTokenizer(_ scanner: inout JSONScanner) throws(TokenizerError) {
    try scanner.object { scanner, key throws(TokenizerError) in
      switch key {
      case "added_tokens": try readAddedTokens(&scanner)
      case "normalizer": normalizer = try scanner.value()
      case "pre_tokenizer": preTokenizer = try scanner.value()
      case "post_processor": postProcessor = try scanner.value()
      case "decoder": decoder = try scanner.value()
      case "model": try readModel(&scanner)
      default: try scanner.skipValue()
      }
    }
    try scanner.finish()
    guard pieces.count > 0 else { throw .missing(file: file, field: "model.vocab") }
  }

  private mutating func readModel(_ scanner: inout JSONScanner) throws(TokenizerError) {
    try scanner.object { scanner, key throws(TokenizerError) in
      switch key {
      case "vocab": try readVocabulary(&scanner)
      case "merges": try readMerges(&scanner)
      default: modelSettings[key] = try scanner.value()
      }
      // Other models spell their vocabulary differently, so this comes before it is read.
      if key == "type" { try requireBytePairs() }
    }
  }

  private func requireBytePairs() throws(TokenizerError) {
    guard modelSettings["type"]?.text == "BPE" else {
      throw .unsupported(
        file: file, field: "model.type", found: modelSettings["type"].map(summary) ?? "missing",
        supported: "'BPE'")
    }
  }

  private mutating func readVocabulary(_ scanner: inout JSONScanner) throws(TokenizerError) {
    try scanner.object { scanner, token throws(TokenizerError) in
      let id = try scanner.integer()
      pieces.assign(
        token.string, kind: .normal, to: try checked(id, of: token.string, field: "model.vocab"))
    }
  }

  private func checked(
    _ id: Int, of token: String, field: String
  ) throws(TokenizerError) -> Int {
    guard 0..<PieceTable.limit ~= id else {
      throw .invalid(
        file: file, field: "\(field)[\(excerpt(token))]", found: "\(id)",
        expected: "an id in 0..<\(PieceTable.limit)")
    }
    return id
  }

  /// Reads merges in either spelling: `"a b"` or `["a", "b"]`.
  private mutating func readMerges(_ scanner: inout JSONScanner) throws(TokenizerError) {
    try scanner.array { scanner, index throws(TokenizerError) in
      if scanner.isAtArray {
        try readMergePair(&scanner, index)
      } else {
        let text = try scanner.string()
        guard merges.append(spaced: text) else { throw invalidMerge(index, excerpt(text)) }
      }
    }
  }

  private mutating func readMergePair(
    _ scanner: inout JSONScanner, _ index: Int
  ) throws(TokenizerError) {
    var pair: [String] = []
    try scanner.array { scanner, _ throws(TokenizerError) in pair.append(try scanner.string()) }
    guard pair.count == 2 else { throw invalidMerge(index, "\(pair.count) texts") }
    merges.append(pair[0], pair[1])
  }

  private func invalidMerge(_ index: Int, _ found: String) -> TokenizerError {
    .invalid(
      file: file, field: "model.merges[\(index)]", found: found,
      expected: "two tokens, with a space between or in an array")
  }

  private mutating func readAddedTokens(_ scanner: inout JSONScanner) throws(TokenizerError) {
    try scanner.array { scanner, index throws(TokenizerError) in
      let value = try scanner.value()
      guard let content = value["content"]?.string, let id = value["id"]?.integer else {
        throw .invalid(
          file: file, field: "added_tokens[\(index)]", found: summary(of: value),
          expected: "an object with 'id' and 'content'")
      }
      guard index < PieceTable.limit else {
        throw .invalid(
          file: file, field: "added_tokens", found: "longer",
          expected: "at most \(PieceTable.limit) tokens")
      }
      addedTokens.append(
        AddedToken(
          id: Int32(try checked(id, of: content, field: "added_tokens")), content: content,
          isSpecial: value.isTrue("special"), trimsLeft: value.isTrue("lstrip"),
          trimsRight: value.isTrue("rstrip"), isWord: value.isTrue("single_word"),
          isNormalized: value.isTrue("normalized")))
    }
  }
}

extension JSON {
  /// Whether the value of `key` is `true`.
  fileprivate func isTrue(_ key: String) -> Bool { self[key]?.bool ?? false }
}
