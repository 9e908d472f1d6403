// Byte-pair encoding: the best merge of two neighbours is applied until none is left.
// A queue of candidates keeps a text of n symbols at O(n log n) whatever it says.

/// Decides which neighbours may merge.
protocol MergeRule {
  /// The merge of two neighbouring symbols of `text`, if they have one.
  func merge(_ left: Symbol, _ right: Symbol, in text: [UInt8]) -> Merge?
}

/// A stretch of text that is a token or may become part of one.
struct Symbol {
  /// Where the stretch begins, in bytes.
  var start: Int
  /// Where the stretch ends, in bytes.
  var end: Int
  /// The token, or -1 where the vocabulary has none.
  var id: Int32
  // Neighbours by index, -1 at either end of the list.
  fileprivate var previous: Int32
  fileprivate var next: Int32
}

/// Merges the symbols of one word after another; keeps its memory in between.
struct PairMerger {
  private var symbols: [Symbol] = []
  private var queue = CandidateQueue()

  /// Adds a symbol after the last one.
  mutating func append(_ range: Range<Int>, id: Int32) {
    let index = Int32(symbols.count)
    if index > 0 { symbols[Int(index) - 1].next = index }
    symbols.append(
      Symbol(start: range.lowerBound, end: range.upperBound, id: id, previous: index - 1, next: -1))
  }

  /// Merges what `rule` allows, hands the remaining symbols to `body` in order, and forgets them.
  ///
  /// Of merges with the same rank, the leftmost comes first.
  mutating func merge(
    _ text: [UInt8], by rule: some MergeRule, _ body: (Symbol) -> Void
  ) {
    for index in symbols.indices.dropFirst() { propose(Int32(index) - 1, text, rule) }
    while let candidate = queue.popFirst() { apply(candidate, text, rule) }
    var index: Int32 = symbols.isEmpty ? -1 : 0
    while index >= 0 {
      body(symbols[Int(index)])
      index = symbols[Int(index)].next
    }
    symbols.removeAll(keepingCapacity: true)
  }

  private func merge(after index: Int32, _ text: [UInt8], _ rule: some MergeRule) -> Merge? {
    let left = symbols[Int(index)]
    return left.next < 0 ? nil : rule.merge(left, symbols[Int(left.next)], in: text)
  }

  private mutating func propose(_ index: Int32, _ text: [UInt8], _ rule: some MergeRule) {
    guard let merge = merge(after: index, text, rule) else { return }
    queue.insert(Candidate(rank: merge.rank, index: index))
  }

  private mutating func apply(_ candidate: Candidate, _ text: [UInt8], _ rule: some MergeRule) {
    // The symbols may have changed since they were proposed: then they allow another merge or none.
    guard let merge = merge(after: candidate.index, text, rule), merge.rank == candidate.rank
    else { return }
    absorbNext(of: candidate.index, as: merge.id)
    propose(candidate.index, text, rule)
    let previous = symbols[Int(candidate.index)].previous
    if previous >= 0 { propose(previous, text, rule) }
  }

  private mutating func absorbNext(of index: Int32, as id: Int32) {
    let next = Int(symbols[Int(index)].next)
    let afterNext = symbols[next].next
    symbols[Int(index)].end = symbols[next].end
    symbols[Int(index)].id = id
    symbols[Int(index)].next = afterNext
    // An absorbed symbol has no neighbour, so candidates that begin with it lapse.
    symbols[next].next = -1
    if afterNext >= 0 { symbols[Int(afterNext)].previous = index }
  }
}

/// A proposed merge of the symbol at `index` with the next one.
private struct Candidate {
  // Rank above index in one integer, so that one comparison orders both.
  let key: UInt64

  init(key: UInt64) { self.key = key }
  init(rank: UInt32, index: Int32) { key = UInt64(rank) << 32 | UInt64(index) }

  var rank: UInt32 { UInt32(key >> 32) }
  var index: Int32 { Int32(truncatingIfNeeded: key) }
}

/// A binary heap with the least candidate on top.
private struct CandidateQueue {
  private var keys: [UInt64] = []

  mutating func insert(_ candidate: Candidate) {
    var child = keys.count
    keys.append(candidate.key)
    while child > 0, keys[(child - 1) / 2] > keys[child] {
      keys.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Candidate? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      sink()
    }
    return Candidate(key: first)
  }

  private mutating func sink() {
    var parent = 0
    while 2 * parent + 1 < keys.count {
      var child = 2 * parent + 1
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < keys[parent] else { return }
      keys.swapAt(child, parent)
      parent = child
    }
  }
}
