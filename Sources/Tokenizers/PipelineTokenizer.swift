// A tokenizer as all files describe one: added tokens are found, the text between is normalised and
// cut into words, a model turns words into ids.

/// A tokenizer made of the parts that a file names.
struct PipelineTokenizer: Tokenizer {
  /// What turns words into ids.
  enum Model: Sendable {
    case merges(MergeModel)
    case unigram(UnigramModel)
  }

  let table: TokenTable
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let model: Model
  let decoder: TokenDecoder
  private let added: AddedTokenMatcher
  // Tokens that are looked for in the normalised text.
  private let addedAfterwards: AddedTokenMatcher
  // Both, if marks are among the latter: what a template wrote is told from the rest before the
  // text is changed.
  private let addedByTemplates: AddedTokenMatcher?
  private let boundaries: WordBoundaries?

  /// Puts a tokenizer together.
  init(
    _ table: TokenTable, _ normalizer: Normalizer, _ preTokenizer: PreTokenizer, _ model: Model,
    _ decoder: TokenDecoder
  ) {
    self.table = table
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.decoder = decoder
    added = AddedTokenMatcher(table.added.filter { !$0.isNormalized })
    let late = table.added.filter(\.isNormalized)
    addedAfterwards = AddedTokenMatcher(
      late.map { $0.isSpelledAsNormalized ? $0 : normalizer.normalized($0) })
    addedByTemplates =
      late.contains(where: \.isSpecial)
      ? AddedTokenMatcher(table.added.filter { !$0.isNormalized || $0.isSpecial }) : nil
    boundaries = preTokenizer.steps.isEmpty ? model.boundaries(table.pieces) : nil
  }

  var vocabularySize: Int { table.pieces.count }
  var beginToken: Int32? { table.beginToken }
  var endToken: Int32? { table.endToken }
  var endTokens: Set<Int32> { table.endTokens }
  var prefix: [Int32] { table.prefix }
  var suffix: [Int32] { table.suffix }

  func token(for id: Int32) throws(TokenizerError) -> String { try table.token(for: id) }
  func id(forToken token: String) -> Int32? { table.id(ofToken: token) }
}

// MARK: - Encoding

extension PipelineTokenizer {
  /// Returns the token ids of `text`; see ``Tokenizer``.
  func encode(_ text: MarkedText) -> [Int32] {
    var ids: [Int32] = []
    var cutter = TextCutter(preTokenizer)
    var encoder = WordEncoder(model, table.pieces)
    let bytes = text.utf8
    let matcher = text.isMixed ? addedByTemplates ?? added : added
    for fragment in matcher.split(bytes, areMarks: text.areMarks) {
      switch fragment {
      case .token(let id): ids.append(id)
      case .text(let range):
        let part = range.count == bytes.count ? bytes : Array(bytes[range])
        encode(part, range.lowerBound == 0, text.areMarks(in: range), &cutter, &encoder, &ids)
      }
    }
    return ids
  }

  private func encode(
    _ text: [UInt8], _ isFirst: Bool, _ areMarks: Bool, _ cutter: inout TextCutter,
    _ encoder: inout WordEncoder, _ ids: inout [Int32]
  ) {
    let normalized = normalizer.normalized(text)
    for fragment in addedAfterwards.split(normalized, areMarks: { _ in areMarks }) {
      switch fragment {
      case .token(let id): ids.append(id)
      case .text(let range):
        let part = range.count == normalized.count ? normalized : Array(normalized[range])
        if let boundaries {
          boundaries.forEachWord(of: part) { encoder.append(part, $0, &ids) }
        } else {
          cutter.cut(part, isFirst: isFirst && range.lowerBound == 0) {
            encoder.append($0, $1, &ids)
          }
        }
      }
    }
  }

  /// Encodes words; keeps what it needs from word to word.
  private struct WordEncoder {
    private let model: Model
    private let pieces: PieceTable
    private var merger = PairMerger()
    private var cache = WordCache()

    init(_ model: Model, _ pieces: PieceTable) {
      self.model = model
      self.pieces = pieces
    }

    mutating func append(_ text: [UInt8], _ word: Range<Int>, _ ids: inout [Int32]) {
      if cache.append(text, word, to: &ids) { return }
      let start = ids.count
      switch model {
      case .merges(let model): model.encode(text, word, pieces, &merger, &ids)
      case .unigram(let model): model.encode(text, word, &ids)
      }
      cache.remember(text, word, ids[start...])
    }
  }
}

extension PipelineTokenizer.Model {
  /// Where texts may be cut, or `nil` if nowhere.
  fileprivate func boundaries(_ pieces: PieceTable) -> WordBoundaries? {
    switch self {
    case .merges(let model): model.isOfBytes ? nil : WordBoundaries(pieces)
    // The sums of a longer text are rounded otherwise.
    case .unigram(let model): model.isSingle ? nil : WordBoundaries(pieces)
    }
  }
}

// MARK: - Decoding

extension PipelineTokenizer {
  /// Returns the bytes that `ids` stand for; see ``Tokenizer``.
  func bytes(
    of ids: [Int32], skippingSpecialTokens: Bool
  ) throws(TokenizerError) -> [UInt8] {
    var pieces: [TokenDecoder.Piece] = []
    for id in ids {
      let kind = try table.kind(of: id)
      if kind.isSpecial, skippingSpecialTokens { continue }
      let isSpared = decoder.sparesAddedTokens && kind.isAdded
      pieces.append(
        TokenDecoder.Piece(bytes: Array(table.pieces.bytes(of: id)), isSpared: isSpared))
    }
    return decoder.bytes(of: pieces)
  }
}
