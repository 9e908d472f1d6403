// Byte-pair encoding of characters as SentencePiece does it, the tokenizer of Llama and Phi-3.
// Spaces are written `▁` (U+2581), and a character without a token becomes its bytes.

/// A tokenizer whose symbols are characters.
///
/// Source: SentencePiece, Kudo and Richardson 2018 (arXiv:1808.06226). Ids from a GGUF file are those
/// of llama.cpp; ids from a `tokenizer.json` file are those of Hugging Face `tokenizers`.
struct SentencePieceTokenizer: TableTokenizer {
  let table: TokenTable
  private let added: AddedTokenMatcher
  // Tokens that are looked for after spaces have been rewritten.
  private let addedAfterwards: AddedTokenMatcher
  private let spacing: Spacing
  private let order: MergeOrder
  // The token of each byte.
  private let byteTokens: [Int32]

  /// Makes a tokenizer from the values of a GGUF file.
  ///
  /// - Throws: ``TokenizerError`` that names the key at fault.
  init(_ vocabulary: TokenizerVocabulary) throws(TokenizerError) {
    var table = try vocabulary.makeTable()
    byteTokens = try table.markByteTokens()
    order = .scores(ScoreRule(ranks: try vocabulary.makeRanks(), pieces: table.pieces))
    added = AddedTokenMatcher(table.added)
    addedAfterwards = AddedTokenMatcher([])
    let prefixes = vocabulary.addsSpacePrefix ?? true
    spacing = Spacing(prefix: prefixes ? .always : .never, stripsLeadingSpace: prefixes)
    self.table = table
  }

  /// Makes a tokenizer from a `tokenizer.json` file.
  ///
  /// - Throws: ``TokenizerError`` that names the field at fault.
  init(_ file: TokenizerFile) throws(TokenizerError) {
    let spacing = try file.makeSpacing()
    var table = try file.makeTable()
    byteTokens = try table.markByteTokens()
    order = .pairs(
      try file.merges.resolved(in: table.pieces, file: file.file, field: "model.merges"))
    let isLate = { (token: AddedToken) in token.isNormalized && spacing.isNormalizer }
    added = AddedTokenMatcher(table.added.filter { !isLate($0) })
    addedAfterwards = AddedTokenMatcher(table.added.filter(isLate).map(spacing.rewritten))
    self.spacing = spacing
    self.table = table
  }
}

// MARK: - Encoding

extension SentencePieceTokenizer {
  /// Returns the token ids of `text`; see ``Tokenizer``.
  func encode(
    _ text: String, parsingSpecialTokens: Bool, addingBeginToken: Bool
  ) -> [Int32] {
    var ids: [Int32] = []
    if addingBeginToken, let beginToken { ids.append(beginToken) }
    var merger = PairMerger()
    added.split(Array(text.utf8), parsingSpecialTokens, &ids) { part, isFirst, ids in
      let spaced = spacing.rewritten(part, isFirst: isFirst)
      addedAfterwards.split(spaced, parsingSpecialTokens, &ids) { part, _, ids in
        encode(part, &merger, &ids)
      }
    }
    return ids
  }

  private func encode(_ text: [UInt8], _ merger: inout PairMerger, _ ids: inout [Int32]) {
    var position = 0
    while position < text.count {
      let character = position..<text.scalar(at: position).end
      let id = table.pieces.id(of: text.span.extracting(character)) ?? -1
      merger.append(character, id: id)
      position = character.upperBound
    }
    switch order {
    case .pairs(let rule): merger.merge(text, by: rule) { append($0, of: text, to: &ids) }
    case .scores(let rule): merger.merge(text, by: rule) { append($0, of: text, to: &ids) }
    }
  }

  private func append(_ symbol: Symbol, of text: [UInt8], to ids: inout [Int32]) {
    if symbol.id >= 0 {
      ids.append(symbol.id)
    } else {
      ids.append(contentsOf: text[symbol.start..<symbol.end].map { byteTokens[Int($0)] })
    }
  }
}

/// What decides which merge comes first.
private enum MergeOrder {
  case pairs(PairTable)
  case scores(ScoreRule)
}

/// Two symbols merge if together they spell a token; the token with the best score comes first.
private struct ScoreRule: MergeRule {
  let ranks: [UInt32]
  let pieces: PieceTable

  func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> Merge? {
    guard let id = pieces.id(of: text.span.extracting(left.start..<right.end)),
      pieces.kind(of: id)?.isPiece == true
    else { return nil }
    return Merge(rank: ranks[Int(id)], id: id)
  }
}

// MARK: - Decoding

extension SentencePieceTokenizer {
  /// Returns the bytes that `ids` stand for; see ``Tokenizer``.
  ///
  /// The space that encoding put before the text is taken away again.
  func bytes(
    of ids: [Int32], skippingSpecialTokens: Bool
  ) throws(TokenizerError) -> [UInt8] {
    let bytes = try table.bytes(of: ids, skippingSpecialTokens: skippingSpecialTokens) { id in
      if table.pieces.kind(of: id) == .byte, let byte = byteTokens.firstIndex(of: id) {
        return [UInt8(byte)]
      }
      return spacing.original(table.pieces.bytes(of: id))
    }
    let hasSpace = spacing.stripsLeadingSpace && bytes.first == UInt8(ascii: " ")
    return hasSpace ? Array(bytes.dropFirst()) : bytes
  }
}
