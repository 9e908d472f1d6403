// Byte-level byte-pair encoding, the tokenizer of GPT-2 and SmolLM2. The text is cut into words, each
// word into bytes, and bytes are merged as the vocabulary's list of merges says.

/// A tokenizer whose symbols are bytes.
///
/// Source: GPT-2, Radford et al. 2019, section 2.2. Ids are those of Hugging Face `tokenizers`.
struct BytePairTokenizer: TableTokenizer {
  let table: TokenTable
  private let added: AddedTokenMatcher
  // Tokens that are looked for after characters have been composed.
  private let addedAfterwards: AddedTokenMatcher
  private let rules: ByteLevelRules
  private let merges: PairTable
  // The token of each byte; -1 where there is none, and such a byte is left out.
  private let byteTokens: [Int32]

  /// Makes a tokenizer from the values of a GGUF file.
  ///
  /// - Throws: ``TokenizerError`` that names the key at fault.
  init(_ vocabulary: TokenizerVocabulary) throws(TokenizerError) {
    table = try vocabulary.makeTable()
    added = AddedTokenMatcher(table.added)
    addedAfterwards = AddedTokenMatcher([])
    rules = try vocabulary.byteLevelRules()
    merges = try vocabulary.makeMerges(in: table.pieces)
    byteTokens = Self.byteTokens(in: table.pieces, unknown: nil)
  }

  /// Makes a tokenizer from a `tokenizer.json` file.
  ///
  /// - Throws: ``TokenizerError`` that names the field at fault.
  init(_ file: TokenizerFile) throws(TokenizerError) {
    let rules = try file.makeRules()
    try file.checkByteLevel()
    table = try file.makeTable()
    let isLate = { (token: AddedToken) in token.isNormalized && rules.composesCharacters }
    added = AddedTokenMatcher(table.added.filter { !isLate($0) })
    addedAfterwards = AddedTokenMatcher(table.added.filter(isLate).map(rules.normalized))
    self.rules = rules
    merges = try file.merges.resolved(in: table.pieces, file: file.file, field: "model.merges")
    byteTokens = Self.byteTokens(
      in: table.pieces, unknown: try file.unknownToken(in: table.pieces))
  }

  private static func byteTokens(in pieces: PieceTable, unknown: Int32?) -> [Int32] {
    (UInt8.min...UInt8.max).map { byte in
      pieces.id(of: ByteAlphabet.spelling(of: [byte])) ?? unknown ?? -1
    }
  }
}

// MARK: - Encoding

extension BytePairTokenizer {
  /// Returns the token ids of `text`; see ``Tokenizer``.
  func encode(
    _ text: String, parsingSpecialTokens: Bool, addingBeginToken: Bool
  ) -> [Int32] {
    var ids: [Int32] = []
    if addingBeginToken, let beginToken { ids.append(beginToken) }
    var merger = PairMerger()
    added.split(Array(text.utf8), parsingSpecialTokens, &ids) { part, _, ids in
      let normalized = rules.normalized(part)
      addedAfterwards.split(normalized, parsingSpecialTokens, &ids) { part, _, ids in
        encode(part, &merger, &ids)
      }
    }
    return ids
  }

  private func encode(_ text: [UInt8], _ merger: inout PairMerger, _ ids: inout [Int32]) {
    let words = rules.preTokenizer.words(in: text)
    for word in words.ranges {
      if rules.prefersWholeWords, let id = wholeWord(words.text[word]) {
        ids.append(id)
        continue
      }
      for position in word {
        let id = byteTokens[Int(words.text[position])]
        if id >= 0 { merger.append(position..<position + 1, id: id) }
      }
      merger.merge(words.text, by: merges) { ids.append($0.id) }
    }
  }

  private func wholeWord(_ word: ArraySlice<UInt8>) -> Int32? {
    table.pieces.id(of: ByteAlphabet.spelling(of: word))
  }
}

extension PairTable: MergeRule {
  func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> Merge? {
    self[left.id, right.id]
  }
}

// MARK: - Decoding

extension BytePairTokenizer {
  /// Returns the bytes that `ids` stand for; see ``Tokenizer``.
  func bytes(
    of ids: [Int32], skippingSpecialTokens: Bool
  ) throws(TokenizerError) -> [UInt8] {
    try table.bytes(of: ids, skippingSpecialTokens: skippingSpecialTokens) {
      ByteAlphabet.bytes(spelledBy: table.pieces.bytes(of: $0))
    }
  }
}
