// A `tokenizer.json` as the values of a GGUF file, for models that are written as one.

internal import Bytes

extension TokenizerFile {
  /// Returns the values of a GGUF file that mean the same tokenizer.
  ///
  /// - Parameter size: The number of tokens of the model; ids without a token get unused ones.
  /// - Throws: ``TokenizerError`` if this is no byte-level tokenizer, or one for which GGUF has no
  package func vocabulary(size: Int) throws(TokenizerError) -> TokenizerVocabulary {
    guard modelSettings["byte_fallback"]?.bool != true else {
      throw cannot("model.byte_fallback", "true", "false")
    }
    guard let name = try makeRules().name else {
      throw cannot("pre_tokenizer", "one without a name there", ByteLevelRules.supportedNames)
    }
    guard try TokenDecoder(part(decoder, "decoder")).steps == [.byteLevel] else {
      throw unsupported("decoder", decoder, supported: "'ByteLevel'")
    }
    let table = try makeTable()
    guard table.prefix.isEmpty || table.prefix == [table.beginToken], table.suffix.isEmpty else {
      throw cannot("post_processor", "one with other tokens", "the begin token alone")
    }
    try checkSize(table.pieces, size)
    for token in addedTokens where token.trimsLeft || token.trimsRight || token.isWord {
      throw cannot(
        "added_tokens", excerpt(token.content) + ", which takes white space or stands alone",
        "added tokens that are found wherever they stand")
    }
    var vocabulary = TokenizerVocabulary(
      file: file, model: "gpt2", tokens: [], beginToken: table.beginToken,
      endToken: table.endToken)
    for id in 0..<Int32(size) {
      let kind = table.pieces.kind(of: id)
      let token = kind.map { _ in String(decoding: table.pieces.bytes(of: id), as: UTF8.self) }
      // The name that llama.cpp's converter gives to an id without a token.
      vocabulary.tokens.append(token ?? "[PAD\(id)]")
      vocabulary.types.append((kind ?? .unused).rawValue)
    }
    vocabulary.preTokenizer = name
    vocabulary.merges = merges.spaced
    vocabulary.addsBeginToken = !table.prefix.isEmpty
    vocabulary.otherEndTokens = table.endTokens.subtracting([table.endToken].compactMap(\.self))
      .sorted()
    return vocabulary
  }

  private func checkSize(_ pieces: PieceTable, _ size: Int) throws(TokenizerError) {
    guard pieces.count <= size else {
      throw .invalid(
        file: file, field: "model.vocab", found: "\(pieces.count) tokens",
        expected: "no more than the \(size) that the model has")
    }
    let missing = (UInt8.min...UInt8.max).first {
      pieces.id(of: ByteAlphabet.spelling(of: [$0])) == nil
    }
    if missing != nil, unknownToken(in: pieces) != nil {
      throw cannot("model.unk_token", "one for bytes", "a token for each byte")
    }
  }

  private func cannot(_ field: String, _ found: String, _ supported: String) -> TokenizerError {
    .unsupported(
      file: file, field: field, found: "\(found), which GGUF cannot say", supported: supported)
  }
}

extension MergeList {
  /// The merges as GGUF files spell them: two texts with a space between.
  fileprivate var spaced: [String] {
    bounds.map { start, middle, end in
      String(
        decoding: arena[start..<middle] + [UInt8(ascii: " ")] + arena[middle..<end], as: UTF8.self)
    }
  }
}
