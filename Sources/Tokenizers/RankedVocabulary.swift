// Vocabularies of tokens and their ranks, as `tiktoken` has them: `qwen.tiktoken`,
// `tokenizer.model` of Llama 3 and 4, and Mistral's `tekken.json`. They list bytes; the expression
// that cuts text stands in the code of their programs.

internal import Bytes

/// A vocabulary whose tokens are bytes in the order in which they are merged.
public struct RankedVocabulary: Sendable {
  private let file: String
  private var pieces = PieceTable()
  private var added: [AddedToken] = []
  private var pattern = TextPattern.gpt2
  private var composesCharacters = false
  private var beginToken: Int32?
  private var endTokens: [Int32] = []
  private var addsBeginToken = false

  /// Reads a file of `tiktoken`: lines of a token in Base64 and its rank.
  ///
  /// - Parameters:
  /// - Throws: ``TokenizerError`` if a line is none, or the vocabulary is not a known one.
  public init(
    tiktoken bytes: [UInt8], sideFiles: TokenizerSideFiles = TokenizerSideFiles(), file: String
  ) throws(TokenizerError) {
    self.file = file
    var count = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: " "))
      guard parts.count == 2, let token = Base64.bytes(parts[0]),
        let rank = Int(String(decoding: parts[1].filter { $0 != 13 }, as: UTF8.self)),
        0..<PieceTable.limit ~= rank
      else {
        throw .invalid(
          file: file, field: "line \(count + 1)",
          found: excerpt(String(decoding: line, as: UTF8.self)),
          expected: "a token in Base64 and its rank")
      }
      pieces.assign(token, kind: .normal, to: rank)
      count += 1
    }
    try setRules()
    try addTokens(of: sideFiles)
  }

  /// Reads a `tekken.json`.
  ///
  /// - Throws: ``TokenizerError`` that names the byte or the field at fault.
  public init(
    tekken json: [UInt8], file: String = "tekken.json"
  ) throws(TokenizerError) {
    self.file = file
    let tekken = try TekkenFile(json, file: file)
    pattern = try tekken.makePattern(file)
    for (id, name) in tekken.specialNames.enumerated() { add(Int32(id), name) }
    for (rank, token) in tekken.tokens.enumerated() {
      pieces.assign(token, kind: .normal, to: tekken.specialNames.count + rank)
    }
    beginToken = tekken.specialNames.firstIndex(of: "<s>").map(Int32.init)
    endTokens = tekken.specialNames.firstIndex(of: "</s>").map { [Int32($0)] } ?? []
    addsBeginToken = beginToken != nil
  }

  /// Makes the tokenizer.
  public func makeTokenizer() throws(TokenizerError) -> any Tokenizer {
    var pieces = pieces
    pieces.buildIndex()
    var table = TokenTable(file: file, pieces: pieces, added: added)
    table.beginToken = beginToken
    table.endToken = endTokens.first
    table.endTokens = Set(endTokens)
    table.prefix = addsBeginToken ? [beginToken].compactMap(\.self) : []
    table.holdsBytes = true
    let bytes = (UInt8.min...UInt8.max).map { pieces.id(of: [$0].span) ?? -1 }
    let model = MergeModel(
      order: .ranks(RankRule(idsOf: pieces)), symbols: .bytes(bytes), prefersWholeWords: true)
    return PipelineTokenizer(
      table, Normalizer(composesCharacters ? [.nfc] : []),
      PreTokenizer([.split(pattern, .isolated)]), .merges(model), TokenDecoder(steps: []))
  }

  private mutating func add(_ id: Int32, _ name: String) {
    pieces.assign(name, kind: .control, to: Int(id))
    added.append(AddedToken(id: id, content: name, isSpecial: true))
  }
}

// MARK: - Known vocabularies

extension RankedVocabulary {
  /// Sets what the programs around a vocabulary know; its size tells which it is.
  private mutating func setRules() throws(TokenizerError) {
    let count = pieces.count
    var names: [String]
    switch count {
    case 128_000:
      pattern = .llama3
      names = Self.llama3Names
      (beginToken, endTokens) = (128_000, [128_001, 128_008, 128_009])
      addsBeginToken = true
    case 200_000:
      pattern = .gpt4o
      names = Self.llama4Names
      (beginToken, endTokens) = (200_000, [200_001, 200_007, 200_008])
      addsBeginToken = true
    case 151_643:
      pattern = .qwen2
      composesCharacters = true
      names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + (0..<205).map { "<|extra_\($0)|>" }
      endTokens = [151_643, 151_645]
    case 100_256:
      pattern = .gpt4
      names = ["", "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"]
      endTokens = [100_257]
    case 199_998:
      pattern = .gpt4o
      names = ["", "<|endoftext|>"]
      endTokens = [199_999]
    case 50_256:
      names = ["<|endoftext|>"]
      endTokens = [50_256]
    default:
      throw .unsupported(
        file: file, field: "tokens", found: "\(count) tokens of an unknown vocabulary",
        supported: "a tokenizer.json, or the tokens of Qwen, Llama 3 or 4, GPT-2, GPT-4 or GPT-4o")
    }
    for (index, name) in names.enumerated() where !name.isEmpty { add(Int32(count + index), name) }
  }

  // Source: `tokenizer.py` of the PyPI package `llama-models`, for both.
  private static let llama3Names =
    [
      "begin_of_text", "end_of_text", "reserved_special_token_0", "reserved_special_token_1",
      "finetune_right_pad_id", "step_id", "start_header_id", "end_header_id", "eom_id", "eot_id",
      "python_tag", "image",
    ].map { "<|\($0)|>" } + (2..<246).map { "<|reserved_special_token_\($0)|>" }

  private static let llama4Names =
    [
      "begin_of_text", "end_of_text", "fim_prefix", "fim_middle", "fim_suffix", "header_start",
      "header_end", "eom", "eot", "step",
    ].map { "<|\($0)|>" } + reserved("text_post_train", 0..<6)
    + ["<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>"]
    + reserved("text_post_train", 8..<69) + ["<|image_start|>", "<|image_end|>"]
    + reserved("vision", 0..<2) + ["<|tile_x_separator|>", "<|tile_y_separator|>"]
    + reserved("vision", 2..<6) + ["<|image|>"] + reserved("vision", 6..<7) + ["<|patch|>"]
    + reserved("vision", 7..<1048) + reserved("reasoning", 0..<8)
    + ["<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"]
    + (0..<904).map { "<|reserved_special_token_\($0)|>" }

  private static func reserved(_ name: String, _ numbers: Range<Int>) -> [String] {
    numbers.map { "<|\(name)_reserved_special_token_\($0)|>" }
  }

  private mutating func addTokens(of sideFiles: TokenizerSideFiles) throws(TokenizerError) {
    guard let bytes = sideFiles.configuration else { return }
    var scanner = try JSONScanner(bytes, file: "\(file), tokenizer_config.json")
    let configuration = try scanner.value()
    var tokens: [Int32: AddedToken] = [:]
    for (key, value) in configuration["added_tokens_decoder"]?.object ?? [:] {
      guard let id = Int32(key.string), id >= 0, id < PieceTable.limit,
        let content = value["content"]?.string
      else { continue }
      let token = AddedToken(id, content, value)
      tokens[id] = token
      pieces.assign(content, kind: token.isSpecial ? .control : .userDefined, to: Int(id))
    }
    added.removeAll { tokens[$0.id] != nil }
    added += tokens.values.sorted { $0.id < $1.id }
    endTokens += sideFiles.endTokens + sideFiles.generationEndTokens
  }
}

/// What a `tekken.json` says.
private struct TekkenFile {
  /// Mistral's files have 1000; each is made here, not read.
  private static let specialLimit = 1 << 13

  private(set) var pattern = ""
  private(set) var tokens: [[UInt8]] = []
  private(set) var specialNames: [String] = []
  private var config = JSON.null

  init(_ json: [UInt8], file: String) throws(TokenizerError) {
    var scanner = try JSONScanner(json, file: file)
    var isComplete = false
    try scanner.object { scanner, key throws(TokenizerError) in
      switch key {
      case "config":
        config = try scanner.value()
        isComplete = true
      case "vocab": try readTokens(&scanner, file)
      case "special_tokens": specialNames = Self.names(try scanner.value())
      default: try scanner.skipValue()
      }
    }
    guard isComplete else { throw .missing(file: file, field: "config") }
    pattern = config["pattern"]?.string ?? ""
    let specialCount = config["default_num_special_tokens"]?.integer ?? 0
    let size = config["default_vocab_size"]?.integer ?? 0
    guard 0...Self.specialLimit ~= specialCount, size >= specialCount, size <= PieceTable.limit
    else {
      throw .invalid(
        file: file, field: "config.default_vocab_size", found: "\(size)",
        expected: "a number of tokens, at most \(Self.specialLimit) special ones included")
    }
    if specialNames.isEmpty { specialNames = Self.olderNames }
    specialNames += (specialNames.count..<max(specialNames.count, specialCount)).map {
      "<SPECIAL_\($0)>"
    }
    tokens = Array(tokens.prefix(size - specialCount))
  }

  func makePattern(_ file: String) throws(TokenizerError) -> TextPattern {
    if pattern == TextPattern.tekken.text { return .tekken }
    do { return try TextPattern(expression: pattern, dialect: .rust) } catch {
      throw .unsupported(
        file: file, field: "config.pattern", found: singleLine(error.found, limit: 60),
        supported: "an expression without it")
    }
  }

  private mutating func readTokens(
    _ scanner: inout JSONScanner, _ file: String
  ) throws(TokenizerError) {
    try scanner.array { scanner, index throws(TokenizerError) in
      var token: [UInt8]?
      try scanner.object { scanner, key throws(TokenizerError) in
        if key == "token_bytes" {
          let text = try scanner.string()
          token = Base64.bytes(Array(text.utf8)[...])
        } else {
          try scanner.skipValue()
        }
      }
      guard let token, index < PieceTable.limit else {
        throw .invalid(
          file: file, field: "vocab[\(index)].token_bytes", found: "other text",
          expected: "bytes in Base64")
      }
      tokens.append(token)
    }
  }

  private static func names(_ value: JSON) -> [String] {
    (value.array ?? []).sorted { ($0["rank"]?.integer ?? 0) < ($1["rank"]?.integer ?? 0) }
      .compactMap { $0["token_str"]?.string }
  }

  // The names in files that do not list them; source: the PyPI package `mistral-common`.
  private static let olderNames = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]",
    "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
  ]
}
