// Hugging Face's `tokenizer.json`, read but not yet understood: what its parts ask for is decided
// by the tokenizer that is made of it.

internal import Bytes

/// The files beside a `tokenizer.json` that say more about its tokens, by their contents.
public struct TokenizerSideFiles: Sendable {
  /// `tokenizer_config.json`, which names the begin and end tokens and may add others.
  public var configuration: [UInt8]?
  /// `special_tokens_map.json`: the begin and end tokens in older folders.
  public var specialTokensMap: [UInt8]?
  /// `added_tokens.json`: ids by text.
  public var addedTokens: [UInt8]?
  /// `bos_token_id` of `config.json`, for files that name no begin token.
  public var beginToken: Int32?
  /// `eos_token_id` of `config.json`, the first for files that name no end token.
  public var endTokens: [Int32] = []
  /// `eos_token_id` of `generation_config.json`.
  public var generationEndTokens: [Int32] = []

  /// Creates what says nothing.
  public init() {}
}

/// A `tokenizer.json` file and the files beside it.
///
/// Settings for training and batching (`truncation`, `padding`, `dropout`) are not used.
public struct TokenizerFile: Sendable {
  /// The name of the file, for error messages.
  public let file: String

  var pieces = PieceTable()
  var merges = MergeList()
  // Log-probabilities by id, of a unigram model.
  var scores: [Double] = []
  var addedTokens: [AddedToken] = []
  // Where the token of an id stands among them; filled when those of other files are added.
  var addedPlaces: [Int32: Int] = [:]
  // Everything else, by its path in the file.
  var normalizer = JSON.null
  var preTokenizer = JSON.null
  var postProcessor = JSON.null
  var decoder = JSON.null
  var modelSettings: [UTF8Text: JSON] = [:]
  var configuration = JSON.null
  var specialTokensMap = JSON.null
  var sideFiles: TokenizerSideFiles

  /// Reads the files from their contents.
  ///
  /// - Parameters:
  /// - Throws: ``TokenizerError`` that names the byte or the field at fault.
  /// - Complexity: O(n) for n bytes.
  public init(
    json: [UInt8], sideFiles: TokenizerSideFiles = TokenizerSideFiles(),
    file: String = "tokenizer.json"
  ) throws(TokenizerError) {
    self.file = file
    self.sideFiles = sideFiles
    var scanner = try JSONScanner(json, file: file)
    try readTokenizer(&scanner)
    configuration = try value(of: sideFiles.configuration, "tokenizer_config.json")
    specialTokensMap = try value(of: sideFiles.specialTokensMap, "special_tokens_map.json")
    try addTokensOfSideFiles()
  }

  /// Reads the two files that a byte-level tokenizer had before there was `tokenizer.json`: those
  /// of GPT-2, OPT and Qwen2.
  ///
  /// - Parameters:
  /// - Throws: ``TokenizerError`` that names the byte or the field at fault.
  public init(
    vocabulary: [UInt8], merges: [UInt8], sideFiles: TokenizerSideFiles = TokenizerSideFiles(),
    file: String = "vocab.json"
  ) throws(TokenizerError) {
    self.file = file
    self.sideFiles = sideFiles
    var scanner = try JSONScanner(vocabulary, file: file)
    try readVocabulary(&scanner)
    try scanner.finish()
    for line in merges.split(separator: UInt8(ascii: "\n"))
    where !line.starts(with: "#version".utf8) {
      let text = String(decoding: line, as: UTF8.self)
      guard self.merges.append(spaced: text) else {
        throw .invalid(
          file: "\(file), merges.txt", field: "line \(self.merges.count + 1)", found: excerpt(text),
          expected: "two tokens with a space between")
      }
    }
    configuration = try value(of: sideFiles.configuration, "tokenizer_config.json")
    specialTokensMap = try value(of: sideFiles.specialTokensMap, "special_tokens_map.json")
    try setRulesOfClass()
    try addTokensOfSideFiles()
  }

  /// Sets what the class of `tokenizer_config.json` means.
  private mutating func setRulesOfClass() throws(TokenizerError) {
    var byteLevel: [UTF8Text: JSON] = [
      "type": .string("ByteLevel"), "add_prefix_space": .bool(false),
    ]
    decoder = .object(byteLevel)
    switch configuration["tokenizer_class"]?.text {
    case nil, "GPT2Tokenizer", "GPT2TokenizerFast", "OPTTokenizer":
      byteLevel["add_prefix_space"] = configuration["add_prefix_space"] ?? .bool(false)
      preTokenizer = .object(byteLevel)
    case "Qwen2Tokenizer", "Qwen2TokenizerFast":
      byteLevel["use_regex"] = .bool(false)
      normalizer = .object(["type": .string("NFC")])
      let split: [UTF8Text: JSON] = [
        "type": .string("Split"), "behavior": .string("Isolated"),
        "pattern": .object(["Regex": .string(TextPattern.qwen2.text)]),
      ]
      preTokenizer = .object([
        "type": .string("Sequence"), "pretokenizers": .array([.object(split), .object(byteLevel)]),
      ])
    default:
      throw .unsupported(
        file: "\(file), tokenizer_config.json", field: "tokenizer_class",
        found: summary(of: configuration["tokenizer_class"] ?? .null),
        supported: "a tokenizer.json, or the class of GPT-2, OPT or Qwen2")
    }
  }

  private func value(of bytes: [UInt8]?, _ name: String) throws(TokenizerError) -> JSON {
    guard let bytes else { return .null }
    var scanner = try JSONScanner(bytes, file: "\(file), \(name)")
    let value = try scanner.value()
    try scanner.finish()
    return value
  }

  /// Makes the tokenizer that the file asks for.
  ///
  /// - Throws: ``TokenizerError`` that names the field at fault.
  public func makeTokenizer() throws(TokenizerError) -> any Tokenizer {
    try makePipeline()
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
      if key == "type" { try requireKnownModel() }
    }
  }

  private func requireKnownModel() throws(TokenizerError) {
    guard ["BPE", "Unigram"].contains(modelSettings["type"]?.text) else {
      throw .unsupported(
        file: file, field: "model.type", found: modelSettings["type"].map(summary) ?? "missing",
        supported: "'BPE' or 'Unigram'")
    }
  }

  private mutating func readVocabulary(_ scanner: inout JSONScanner) throws(TokenizerError) {
    if scanner.isAtArray { return try readUnigrams(&scanner) }
    try scanner.object { scanner, token throws(TokenizerError) in
      let id = try scanner.integer()
      pieces.assign(
        token.string, kind: .normal, to: try checked(id, of: token.string, field: "model.vocab"))
    }
  }

  /// Reads the vocabulary of a unigram model: pairs of a text and a log-probability.
  private mutating func readUnigrams(_ scanner: inout JSONScanner) throws(TokenizerError) {
    try scanner.array { scanner, index throws(TokenizerError) in
      let pair = try scanner.value()
      guard let parts = pair.array, parts.count == 2, let token = parts[0].string,
        let score = parts[1].double
      else {
        throw .invalid(
          file: file, field: "model.vocab[\(index)]", found: pair.summary,
          expected: "a text and a number")
      }
      pieces.assign(
        token, kind: .normal, to: try checked(index, of: token, field: "model.vocab"))
      scores.append(score)
    }
  }

  func checked(
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
        AddedToken(Int32(try checked(id, of: content, field: "added_tokens")), content, value))
    }
  }
}

extension AddedToken {
  /// Reads the switches of a token.
  init(_ id: Int32, _ content: String, _ value: JSON) {
    self.init(
      id: id, content: content, isSpecial: value.isTrue("special"),
      trimsLeft: value.isTrue("lstrip"), trimsRight: value.isTrue("rstrip"),
      isWord: value.isTrue("single_word"), isNormalized: value.isTrue("normalized"))
  }
}

extension JSON {
  /// Whether the value of `key` is `true`.
  fileprivate func isTrue(_ key: String) -> Bool { self[key]?.bool ?? false }
}
