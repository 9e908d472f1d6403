// The unigram model of SentencePiece: of all ways to cut a text into tokens, the likeliest.

/// A vocabulary of tokens with log-probabilities.
///
/// Source: Kudo 2018 (arXiv:1804.10959), section 3; the penalty of unknown characters is that of
/// SentencePiece.
struct UnigramModel: Sendable {
  private static let unknownPenalty = 10.0

  /// The greatest length of a token, in bytes, so many of which are looked at at each place of a text.
  ///
  /// Those of SentencePiece have at most 16 characters, unless who trained it has changed that.
  static let lengthLimit = 512

  private let tree: PrefixTree
  // Log-probabilities by id.
  private let scores: [Double]
  private let unknownScore: Double
  // SentencePiece adds in binary32, `tokenizers` in binary64.
  let isSingle: Bool
  private let bytes: [Int32]?
  private let unknown: Int32?
  private let fusesUnknown: Bool

  /// Creates a model.
  ///
  /// - Parameters:
  init(
    _ pieces: PieceTable, scores: [Double], bytes: [Int32]?, unknown: Int32?, fusesUnknown: Bool,
    isSingle: Bool
  ) {
    var tree = PrefixTree()
    for id in 0..<Int32(pieces.count) {
      // The name of the unknown token is text to SentencePiece, and a token like any other to
      // `tokenizers`.
      guard let kind = pieces.kind(of: id), kind.isPiece || !isSingle else { continue }
      tree.insert(pieces.bytes(of: id), id)
    }
    self.tree = tree
    self.scores = scores
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    self.isSingle = isSingle
    self.bytes = bytes
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
  }

  private struct Best {
    var score = -Double.infinity
    var start = -1
    var id: Int32 = -1
  }

  /// Appends the ids of a word.
  ///
  /// - Complexity: O(n · length of the longest token) for n bytes.
  func encode(_ text: [UInt8], _ word: Range<Int>, _ ids: inout [Int32]) {
    let best = bestEndings(text, word)
    var path: [(range: Range<Int>, id: Int32)] = []
    var end = word.count
    while end > 0 {
      path.append((best[end].start..<end, best[end].id))
      end = best[end].start
    }
    var wasUnknown = false
    for (range, id) in path.reversed() {
      if id >= 0, id != unknown {
        ids.append(id)
      } else if id < 0, let bytes {
        for offset in range { ids.append(bytes[Int(text[word.lowerBound + offset])]) }
      } else if let unknown, !(wasUnknown && fusesUnknown) {
        ids.append(unknown)
      }
      wasUnknown = id < 0 || id == unknown
    }
  }

  /// For each offset the best token that ends there.
  private func bestEndings(_ text: [UInt8], _ word: Range<Int>) -> [Best] {
    var best = [Best](repeating: Best(), count: word.count + 1)
    best[0].score = 0
    var offset = 0
    while offset < word.count {
      let next = text.scalar(at: word.lowerBound + offset).end - word.lowerBound
      var hasCharacter = false
      var node: Int32 = 0
      for place in offset..<word.count {
        guard let child = tree.child(of: node, text[word.lowerBound + place]) else { break }
        node = child
        let id = tree.value(of: node)
        guard id >= 0 else { continue }
        relax(&best, from: offset, to: place + 1, scores[Int(id)], id)
        if place + 1 == next { hasCharacter = true }
      }
      if !hasCharacter { relax(&best, from: offset, to: next, unknownScore, -1) }
      offset = next
    }
    return best
  }

  private func relax(
    _ best: inout [Best], from start: Int, to end: Int, _ score: Double, _ id: Int32
  ) {
    let sum =
      isSingle ? Double(Float(best[start].score) + Float(score)) : best[start].score + score
    if best[end].start < 0 || sum > best[end].score {
      best[end] = Best(score: sum, start: start, id: id)
    }
  }
}

extension PieceTable {
  /// Throws if a token is longer than a unigram model may have.
  func checkLength(file: String, field: String) throws(TokenizerError) {
    guard longest <= UnigramModel.lengthLimit else {
      throw .unsupported(
        file: file, field: field, found: "a list with a token of \(longest) bytes",
        supported: "tokens of at most \(UnigramModel.lengthLimit)")
    }
  }
}
