// Byte-pair encoding: a word's characters or bytes, merged as the vocabulary says.

/// A vocabulary of byte pairs.
///
/// Source: Sennrich and others 2016 (arXiv:1508.07909); byte by byte as GPT-2 does it.
struct MergeModel: Sendable {
  /// What decides which merge comes first.
  enum Order: Sendable {
    /// A list of merges.
    case pairs(PairTable)
    /// The best score of the token made, or its rank.
    case ranks(RankRule)
  }

  /// What symbols are, before any is merged.
  enum Symbols: Sendable {
    /// A byte each: the token of each byte, -1 where there is none, and such a byte is left out.
    case bytes([Int32])
    /// A character each; one without a token becomes the tokens of its bytes, if there are any,
    /// else the unknown token, if there is one.
    case characters(bytes: [Int32]?, unknown: Int32?, fusesUnknown: Bool)
    /// A character each, as SentencePiece has it: only what is no token when all is merged becomes
    /// bytes or unknown.
    case pieces(bytes: [Int32]?, unknown: Int32?)
  }

  var order: Order
  var symbols: Symbols
  /// Whether a word that is a token stays whole, whatever the merges say.
  var prefersWholeWords = false
  /// Whether names of tokens spell bytes as ``ByteAlphabet`` does, rather than being the bytes.
  var spellsBytes = false

  /// Whether symbols are bytes.
  var isOfBytes: Bool { if case .bytes = symbols { true } else { false } }

  /// Appends the ids of a word.
  func encode(
    _ text: [UInt8], _ word: Range<Int>, _ pieces: PieceTable, _ merger: inout PairMerger,
    _ ids: inout [Int32]
  ) {
    if prefersWholeWords, let id = wholeWord(text, word, pieces) { return ids.append(id) }
    switch symbols {
    case .bytes(let tokens):
      for position in word where tokens[Int(text[position])] >= 0 {
        merger.append(position..<position + 1, id: tokens[Int(text[position])])
      }
    case .characters(let bytes, let unknown, let fusesUnknown):
      appendCharacters(text, word, pieces, bytes, unknown, fusesUnknown, &merger)
    case .pieces:
      appendCharacters(text, word, pieces, nil, -1, false, &merger)
    }
    switch order {
    case .pairs(let rule): merger.merge(text, by: rule) { append($0, text, &ids) }
    case .ranks(let rule): merger.merge(text, by: rule) { append($0, text, &ids) }
    }
  }

  private func appendCharacters(
    _ text: [UInt8], _ word: Range<Int>, _ pieces: PieceTable, _ bytes: [Int32]?,
    _ unknown: Int32?, _ fusesUnknown: Bool, _ merger: inout PairMerger
  ) {
    var wasUnknown = false
    var position = word.lowerBound
    while position < word.upperBound {
      let character = position..<text.scalar(at: position).end
      position = character.upperBound
      let id = pieces.id(of: text.span.extracting(character))
      if let id {
        merger.append(character, id: id)
      } else if let bytes {
        for place in character { merger.append(place..<place + 1, id: bytes[Int(text[place])]) }
      } else if let unknown, !(wasUnknown && fusesUnknown) {
        merger.append(character, id: unknown)
      }
      wasUnknown = id == nil
    }
  }

  private func append(_ symbol: Symbol, _ text: [UInt8], _ ids: inout [Int32]) {
    if symbol.id >= 0 { return ids.append(symbol.id) }
    guard case .pieces(let bytes, let unknown) = symbols else { return }
    if let bytes {
      for position in symbol.start..<symbol.end { ids.append(bytes[Int(text[position])]) }
    } else if let unknown, ids.last != unknown {
      ids.append(unknown)
    }
  }

  private func wholeWord(_ text: [UInt8], _ word: Range<Int>, _ pieces: PieceTable) -> Int32? {
    spellsBytes
      ? pieces.id(of: ByteAlphabet.spelling(of: text[word]))
      : pieces.id(of: text.span.extracting(word))
  }
}

extension PairTable: MergeRule {
  func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> Merge? {
    self[left.id, right.id]
  }
}

/// Two symbols merge if together they are a token; the one with the lowest rank comes first.
struct RankRule: MergeRule, Sendable {
  /// By id.
  let ranks: [UInt32]
  let pieces: PieceTable

  func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> Merge? {
    guard left.end == right.start,
      let id = pieces.id(of: text.span.extracting(left.start..<right.end)),
      pieces.kind(of: id)?.isPiece == true
    else { return nil }
    return Merge(rank: ranks[Int(id)], id: id)
  }

  /// Ranks that fall as scores rise.
  init(scores: [Float], pieces: PieceTable) {
    self.pieces = pieces
    // Adding zero makes both zeros one.
    ranks = scores.map { score in
      let bits = (score + 0).bitPattern
      return score < 0 ? bits : ~(bits | 0x8000_0000)
    }
  }

  /// Ids as ranks.
  init(idsOf pieces: PieceTable) {
    self.pieces = pieces
    ranks = Array(0..<UInt32(pieces.count))
  }
}
