internal import Bytes
internal import Tokenizers
internal import Weights

// Which of the files in a Hugging Face folder describe its tokenizer.

extension HuggingFaceMetadata {
  /// Makes the tokenizer of the folder: of `tokenizer.json` or, where there is none, of
  /// `tekken.json`, of `tokenizer.model`, be it SentencePiece's or `tiktoken`'s, of `qwen.tiktoken`
  /// and its like, or of `vocab.json` and `merges.txt`.
  ///
  /// - Throws: ``TokenizerError`` that names the file and the field at fault.
  func makeTokenizer() throws -> any Tokenizer {
    if tokenizerPath != nil { return try tokenizerFile().makeTokenizer() }
    if let path = existingPath("tekken.json") {
      return try RankedVocabulary(tekken: contents(path), file: path).makeTokenizer()
    }
    for name in ["tokenizer.model", "spiece.model"] {
      if let path = existingPath(name) { return try tokenizer(ofModelFile: path) }
    }
    for name in ["qwen.tiktoken", "tiktoken.model", "vocab.tiktoken"] {
      guard let path = existingPath(name) else { continue }
      return try ranked(contents(path), path)
    }
    if let vocabulary = existingPath("vocab.json"), let merges = existingPath("merges.txt") {
      return try TokenizerFile(
        vocabulary: contents(vocabulary), merges: contents(merges), sideFiles: sideFiles(),
        file: vocabulary
      ).makeTokenizer()
    }
    throw TokenizerError.missing(file: folder, field: "tokenizer.json")
  }

  /// Reads `tokenizer.json` and the files beside it.
  ///
  /// - Throws: ``TokenizerError`` if it is missing or damaged.
  func tokenizerFile() throws -> TokenizerFile {
    guard let file = tokenizerPath else {
      throw TokenizerError.missing(file: folder, field: "tokenizer.json")
    }
    return try TokenizerFile(json: contents(file), sideFiles: sideFiles(), file: file)
  }

  private func tokenizer(ofModelFile path: String) throws -> any Tokenizer {
    let bytes = try contents(path)
    // A protocol buffer begins with a field of bytes; the other with a token in Base64.
    guard bytes.first == 0x0a else { return try ranked(bytes, path) }
    var vocabulary = try TokenizerVocabulary(sentencePiece: bytes, file: path)
    let files = try sideFiles()
    vocabulary.otherEndTokens = files.endTokens + files.generationEndTokens
    return try vocabulary.makeTokenizer()
  }

  private func ranked(_ bytes: [UInt8], _ path: String) throws -> any Tokenizer {
    try RankedVocabulary(tiktoken: bytes, sideFiles: sideFiles(), file: path).makeTokenizer()
  }

  private func sideFiles() throws -> TokenizerSideFiles {
    var files = TokenizerSideFiles()
    files.configuration = try tokenizerConfigurationPath.map(contents)
    files.specialTokensMap = try existingPath("special_tokens_map.json").map(contents)
    files.addedTokens = try existingPath("added_tokens.json").map(contents)
    files.beginToken = tokens("bos_token_id", of: configuration).first
    files.endTokens = tokens("eos_token_id", of: configuration)
    if let path = existingPath("generation_config.json") {
      files.generationEndTokens = tokens("eos_token_id", of: try Self.object(path))
    }
    return files
  }

  /// The ids that a field names: one or a list.
  func tokens(_ field: String, of configuration: JSON) -> [Int32] {
    let value = configuration[field]
    let ids = value?.integer.map { [$0] } ?? value?.array?.compactMap(\.integer) ?? []
    return ids.map { Int32(clamping: $0) }
  }

  private func contents(_ path: String) throws -> [UInt8] { try MappedFile(path: path).array }
}
