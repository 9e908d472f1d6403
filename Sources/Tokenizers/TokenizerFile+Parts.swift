// What a `tokenizer.json` and the files beside it ask for.

internal import Bytes

extension TokenizerFile {
  /// Puts the tokenizer together.
  func makePipeline() throws(TokenizerError) -> PipelineTokenizer {
    try checkModel()
    let normalizer = try Normalizer(part(normalizer, "normalizer"))
    let (preTokenizer, isByteLevel) = try makePreTokenizer()
    let decoder = try TokenDecoder(part(decoder, "decoder"))
    var table = try makeTable()
    let model = try makeModel(&table, isByteLevel: isByteLevel)
    return PipelineTokenizer(table, normalizer, preTokenizer, model, decoder)
  }

  /// How text is cut into words, and whether these become bytes.
  ///
  /// - Throws: ``TokenizerError`` that names what is not known here.
  package func makePreTokenizer() throws(TokenizerError) -> (PreTokenizer, isByteLevel: Bool) {
    var isByteLevel = false
    let preTokenizer = try PreTokenizer(
      part(preTokenizer, "pre_tokenizer"), isByteLevel: &isByteLevel)
    return (preTokenizer, isByteLevel)
  }

  func part(_ value: JSON, _ field: String) -> TokenizerPart {
    TokenizerPart(value: value, file: file, field: field)
  }

  private func makeModel(
    _ table: inout TokenTable, isByteLevel: Bool
  ) throws(TokenizerError) -> PipelineTokenizer.Model {
    let fallsBack = modelSettings["byte_fallback"]?.bool == true && !isByteLevel
    let bytes = fallsBack ? try table.markByteTokens() : nil
    guard modelSettings["type"]?.text != "Unigram" else {
      return .unigram(try makeUnigrams(table.pieces, bytes))
    }
    let unknown = unknownToken(in: table.pieces)
    let fusesUnknown = modelSettings["fuse_unk"]?.bool ?? false
    let merges = try merges.resolved(in: table.pieces, file: file, field: "model.merges")
    return .merges(
      MergeModel(
        order: .pairs(merges),
        symbols: isByteLevel
          ? .bytes(try byteTokens(in: table.pieces, unknown, fusesUnknown))
          : .characters(bytes: bytes, unknown: unknown, fusesUnknown: fusesUnknown),
        prefersWholeWords: modelSettings["ignore_merges"]?.bool ?? false, spellsBytes: isByteLevel))
  }

  private func makeUnigrams(
    _ pieces: PieceTable, _ bytes: [Int32]?
  ) throws(TokenizerError) -> UnigramModel {
    let unknown = modelSettings["unk_id"]?.integer
    guard unknown.map({ scores.indices.contains($0) }) ?? true else {
      throw .invalid(
        file: file, field: "model.unk_id", found: "\(unknown ?? -1)",
        expected: "the id of one of \(scores.count) tokens")
    }
    let unigrams = unigrams(pieces)
    try unigrams.checkLength(file: file, field: "model.vocab")
    return UnigramModel(
      unigrams, scores: scores, bytes: bytes, unknown: unknown.map(Int32.init),
      fusesUnknown: modelSettings["fuse_unk"]?.bool ?? true, isSingle: false)
  }

  /// The tokens that have a log-probability; added ones are found beforehand.
  private func unigrams(_ pieces: PieceTable) -> PieceTable {
    guard pieces.count > scores.count else { return pieces }
    var own = PieceTable()
    for id in 0..<scores.count where pieces.kind(of: Int32(id)) != nil {
      own.assign(
        String(decoding: pieces.bytes(of: Int32(id)), as: UTF8.self), kind: .normal, to: id)
    }
    own.buildIndex()
    return own
  }

  /// The token of each byte, of the unknown token where there is none, or -1.
  private func byteTokens(
    in pieces: PieceTable, _ unknown: Int32?, _ fusesUnknown: Bool
  ) throws(TokenizerError) -> [Int32] {
    let tokens = ByteAlphabet.tokens(in: pieces)
    if unknown != nil, fusesUnknown, tokens.contains(-1) {
      throw unsupported("model.fuse_unk", .bool(true), supported: "false")
    }
    return tokens.map { $0 < 0 ? unknown ?? -1 : $0 }
  }

  /// The token of what has none of its own.
  func unknownToken(in pieces: PieceTable) -> Int32? {
    modelSettings["unk_token"]?.string.flatMap { pieces.id(of: $0) }
  }

  /// The rules of a byte-level tokenizer.
  ///
  /// - Throws: ``TokenizerError`` if it is another one.
  func makeRules() throws(TokenizerError) -> ByteLevelRules {
    try checkModel()
    var rules = ByteLevelRules()
    rules.normalizer = try Normalizer(part(normalizer, "normalizer"))
    let isByteLevel: Bool
    (rules.preTokenizer, isByteLevel) = try makePreTokenizer()
    rules.prefersWholeWords = modelSettings["ignore_merges"]?.bool ?? false
    guard isByteLevel, modelSettings["type"]?.text != "Unigram" else {
      throw unsupported("pre_tokenizer", preTokenizer, supported: "'ByteLevel'")
    }
    return rules
  }

  /// Checks settings of the model that change what encoding does.
  func checkModel() throws(TokenizerError) {
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      let value = modelSettings[UTF8Text(name)] ?? .null
      guard value == .null || value.text == "" else {
        throw unsupported("model.\(name)", value, supported: "none")
      }
    }
  }

  /// The error that part of the file asks for something else than what is supported.
  func unsupported(
    _ field: String, _ value: JSON, supported: String
  ) -> TokenizerError {
    .unsupported(file: file, field: field, found: summary(of: value), supported: supported)
  }
}

// MARK: - Tokens

extension TokenizerFile {
  /// Adds the tokens that only the files beside this one name, or name with other switches.
  mutating func addTokensOfSideFiles() throws(TokenizerError) {
    addedPlaces = Dictionary(
      addedTokens.enumerated().map { ($0.element.id, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    for (key, value) in configuration["added_tokens_decoder"]?.object ?? [:] {
      guard let content = value["content"]?.string else { continue }
      try add(Int(key.string), content, "added_tokens_decoder") { AddedToken($0, content, value) }
    }
    try addNamedTokens()
    guard let bytes = sideFiles.addedTokens else { return }
    var scanner = try JSONScanner(bytes, file: "\(file), added_tokens.json")
    let known = Set(addedTokens.map { UTF8Text($0.content) })
    try scanner.object { scanner, content throws(TokenizerError) in
      let id = try scanner.integer()
      guard !known.contains(content), pieces.kind(of: Int32(clamping: id)) == nil else { return }
      try add(id, content.string, "added_tokens.json") {
        AddedToken(id: $0, content: content.string, isSpecial: false)
      }
    }
  }

  /// Takes the begin token and its like for marks, which `vocab.json` does not tell from words.
  private mutating func addNamedTokens() throws(TokenizerError) {
    guard postProcessor == .null, decoder != .null, addedTokens.isEmpty else { return }
    var pieces = pieces
    pieces.buildIndex()
    for field in ["bos_token", "eos_token", "unk_token", "pad_token"] {
      guard let name = name(field), let id = pieces.id(of: name) else { continue }
      try add(Int(id), name, field) { AddedToken(id: $0, content: name, isSpecial: true) }
    }
  }

  private mutating func add(
    _ id: Int?, _ content: String, _ field: String, _ make: (Int32) -> AddedToken
  ) throws(TokenizerError) {
    let id = Int32(try checked(id ?? -1, of: content, field: field))
    let token = make(id)
    if let place = addedPlaces[id] {
      addedTokens[place] = token
    } else {
      addedPlaces[id] = addedTokens.count
      addedTokens.append(token)
    }
  }

  /// The tokens by id, with begin and end tokens as the files name them.
  func makeTable() throws(TokenizerError) -> TokenTable {
    var pieces = pieces
    for token in addedTokens {
      pieces.assign(
        token.content, kind: token.isSpecial ? .control : .userDefined, to: Int(token.id))
    }
    pieces.buildIndex()
    var table = TokenTable(file: file, pieces: pieces, added: addedTokens)
    let surroundings = try surroundings(in: pieces)
    let begin = name("bos_token")
    table.beginToken =
      begin == nil && !surroundings.prefix.isEmpty
      ? surroundings.prefix[0]
      : try id(ofToken: begin, or: sideFiles.beginToken, in: pieces, field: "bos_token")
    table.endToken = try id(
      ofToken: name("eos_token"), or: sideFiles.endTokens.first, in: pieces, field: "eos_token")
    let others = sideFiles.endTokens + sideFiles.generationEndTokens
    table.endTokens = Set(others.filter { $0 >= 0 } + [table.endToken].compactMap(\.self))
    table.prefix = tokens(surroundings.prefix, or: table.beginToken, if: "add_bos_token")
    table.suffix = tokens(surroundings.suffix, or: table.endToken, if: "add_eos_token")
    return table
  }

  /// What stands around a text: the tokens of the post-processor unless a switch says otherwise.
  private func tokens(_ tokens: [Int32], or token: Int32?, if key: String) -> [Int32] {
    guard let isAdded = configuration[key]?.bool else { return tokens }
    return !isAdded ? [] : tokens.isEmpty ? [token].compactMap(\.self) : tokens
  }

  /// A token's name, spelled as text or as an object with its content.
  private func name(_ field: String) -> String? {
    for value in [configuration[field], specialTokensMap[field]] {
      if let name = value?.string ?? value?["content"]?.string { return name }
    }
    return nil
  }

  /// Returns the id of the token called `name` or, without a name, `modelID`.
  ///
  /// - Throws: ``TokenizerError`` if the vocabulary has no such token.
  private func id(
    ofToken name: String?, or modelID: Int32?, in pieces: PieceTable, field: String
  ) throws(TokenizerError) -> Int32? {
    guard let name else { return try checked(modelID, in: pieces, field: field + "_id") }
    guard let id = pieces.id(of: name) else {
      throw .invalid(
        file: file, field: field, found: excerpt(name), expected: "a token of the vocabulary")
    }
    return id
  }

  private func checked(
    _ id: Int32?, in pieces: PieceTable, field: String
  ) throws(TokenizerError) -> Int32? {
    guard let id, id < 0 || Int(id) >= pieces.count else { return id }
    throw .invalid(
      file: file, field: "\(field) of config.json", found: "\(id)",
      expected: "the id of one of \(pieces.count) tokens")
  }
}

// MARK: - Post-processors

extension TokenizerFile {
  /// The tokens that the post-processor puts before and behind a text.
  private func surroundings(
    in pieces: PieceTable
  ) throws(TokenizerError) -> (prefix: [Int32], suffix: [Int32]) {
    var result: (prefix: [Int32], suffix: [Int32]) = ([], [])
    for part in try part(postProcessor, "post_processor").parts(named: "processors") {
      switch part.type {
      case "ByteLevel": continue
      case "TemplateProcessing": result = try template(part, pieces)
      case "RobertaProcessing", "BertProcessing":
        let tokens = ["cls", "sep"].map { part.value[$0]?.array?.first?.string }
        result.prefix = try ids(tokens[0].map { [$0] } ?? [], part, pieces)
        result.suffix = try ids(tokens[1].map { [$0] } ?? [], part, pieces)
      default:
        throw part.unsupported(
          "'ByteLevel', 'TemplateProcessing', 'RobertaProcessing' or 'BertProcessing'")
      }
    }
    return result
  }

  private func template(
    _ part: TokenizerPart, _ pieces: PieceTable
  ) throws(TokenizerError) -> (prefix: [Int32], suffix: [Int32]) {
    let items = part.value["single"]?.array ?? []
    let place = items.firstIndex { $0["Sequence"] != nil } ?? items.count
    return (
      try ids(names(items[..<place], part), part, pieces),
      try ids(names(items[place...], part), part, pieces)
    )
  }

  /// The names of the tokens that items of a template stand for.
  private func names(
    _ items: ArraySlice<JSON>, _ part: TokenizerPart
  ) throws(TokenizerError) -> [String] {
    let limit = 256
    var names: [String] = []
    for name in items.compactMap({ $0["SpecialToken"]?["id"]?.string }) {
      names += part.value["special_tokens"]?[name]?["tokens"]?.array?.compactMap(\.string) ?? [name]
      guard names.count <= limit else {
        throw .unsupported(
          file: file, field: part.field, found: "more tokens around a text",
          supported: "at most \(limit)")
      }
    }
    return names
  }

  private func ids(
    _ names: [String], _ part: TokenizerPart, _ pieces: PieceTable
  ) throws(TokenizerError) -> [Int32] {
    var ids: [Int32] = []
    for name in names {
      guard let id = pieces.id(of: name) else {
        throw .invalid(
          file: file, field: part.field, found: excerpt(name), expected: "a token of the vocabulary"
        )
      }
      ids.append(id)
    }
    return ids
  }
}

extension TokenTable {
  /// Finds the tokens `<0x00>` to `<0xFF>` and marks them as bytes.
  ///
  /// - Throws: ``TokenizerError/missing(file:field:)`` if one is missing.
  mutating func markByteTokens() throws(TokenizerError) -> [Int32] {
    var ids: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      let digits = String(byte, radix: 16, uppercase: true)
      let token = byte < 16 ? "<0x0\(digits)>" : "<0x\(digits)>"
      guard let id = pieces.id(of: token) else {
        throw .missing(file: file, field: "token \(token)")
      }
      pieces.setKind(.byte, of: id)
      ids.append(id)
    }
    return ids
  }
}

/// Returns what a value of the file is, in a few words for an error: a part by its type.
func summary(of value: JSON) -> String {
  value.string.map(excerpt) ?? value["type"]?.string.map(excerpt) ?? value.summary
}
