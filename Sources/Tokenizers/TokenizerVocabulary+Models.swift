// The tokenizers that GGUF files and SentencePiece models mean.

internal import Bytes

extension TokenizerVocabulary {
  /// The rules that the file names; all of llama.cpp's other names mean other expressions.
  package func byteLevelRules() throws(TokenizerError) -> ByteLevelRules {
    guard let rules = preTokenizer.flatMap(ByteLevelRules.init(named:)) else {
      throw .unsupported(
        file: file, field: "tokenizer.ggml.pre", found: preTokenizer.map(excerpt) ?? "missing",
        supported: ByteLevelRules.supportedNames)
    }
    return rules
  }

  func makeByteLevel() throws(TokenizerError) -> PipelineTokenizer {
    let table = try makeTable()
    let rules = try byteLevelRules()
    let model = MergeModel(
      order: .pairs(try makeMerges(in: table.pieces)),
      symbols: .bytes(ByteAlphabet.tokens(in: table.pieces)),
      prefersWholeWords: rules.prefersWholeWords, spellsBytes: true)
    return PipelineTokenizer(
      table, rules.normalizer, rules.preTokenizer, .merges(model),
      TokenDecoder(steps: [.byteLevel], sparesAddedTokens: true))
  }

  /// The merges, by ids.
  private func makeMerges(in pieces: PieceTable) throws(TokenizerError) -> PairTable {
    let field = "tokenizer.ggml.merges"
    var list = MergeList()
    for (index, merge) in merges.enumerated() {
      guard list.append(spaced: merge) else {
        throw .invalid(
          file: file, field: "\(field)[\(index)]", found: excerpt(merge),
          expected: "two tokens with a space between")
      }
    }
    return try list.resolved(in: pieces, file: file, field: field)
  }

  func makeSentencePiece(isUnigram: Bool) throws(TokenizerError) -> PipelineTokenizer {
    var table = try makeTable()
    try checkScores()
    let bytes = try fallsBackToBytes ?? !isUnigram ? table.markByteTokens() : nil
    let unknown = unknownToken ?? table.pieces.firstID(ofKind: .unknown)
    if isUnigram { try table.pieces.checkLength(file: file, field: "tokenizer.ggml.tokens") }
    let model: PipelineTokenizer.Model =
      isUnigram
      ? .unigram(
        UnigramModel(
          table.pieces, scores: scores.map(Double.init), bytes: bytes, unknown: unknown,
          fusesUnknown: true, isSingle: true))
      : .merges(
        MergeModel(
          order: .ranks(RankRule(scores: scores, pieces: table.pieces)),
          symbols: .pieces(bytes: bytes, unknown: unknown)))
    var decoding: [TokenDecoder.Step] = [.replace(.literal("▁"), by: " "), .byteFallback, .fuse]
    if addsSpacePrefix ?? true { decoding.append(.strip(" ", start: 1, stop: 0)) }
    return PipelineTokenizer(
      table, try sentencePieceNormalizer(), PreTokenizer(), model,
      TokenDecoder(steps: decoding, sparesAddedTokens: true))
  }

  private func sentencePieceNormalizer() throws(TokenizerError) -> Normalizer {
    var steps: [Normalizer.Step] = []
    if let characterMap, !characterMap.isEmpty {
      guard let map = CharacterMap(characterMap) else {
        throw .invalid(
          file: file, field: "precompiled_charsmap", found: "\(characterMap.count) bytes",
          expected: "a map whose sizes fit, to short texts")
      }
      steps.append(.charactersMap(map, .longest))
    }
    if removesExtraSpaces ?? false { steps.append(.squeezeSpaces) }
    if addsSpacePrefix ?? true { steps.append(.prepend("▁")) }
    return Normalizer(steps + [.replace(.space, by: "▁")])
  }

  private func checkScores() throws(TokenizerError) {
    let field = "tokenizer.ggml.scores"
    guard scores.count == tokens.count else {
      throw .invalid(
        file: file, field: field, found: "\(scores.count) scores",
        expected: "one for each of \(tokens.count) tokens")
    }
    if let index = scores.firstIndex(where: \.isNaN) {
      throw .invalid(file: file, field: "\(field)[\(index)]", found: "nan", expected: "a number")
    }
  }
}
