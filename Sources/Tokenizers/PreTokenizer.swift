// Text is cut into words before characters are merged: no token spans two words.

/// The way to cut text into words: steps, each of which cuts what the one before has left.
package struct PreTokenizer: Equatable, Sendable {
  /// What becomes of the matches of a pattern, by the names of `tokenizers`.
  package enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// Where a mark is put before text.
  package enum Prefix: String, Sendable {
    case always, first, never
  }

  /// A way to cut or to change a piece of text.
  package enum Step: Equatable, Sendable {
    /// Cuts at matches; inverted, at what lies between them.
    case split(TextPattern, Behavior, inverted: Bool = false)
    /// Puts a space before text that does not begin with one.
    case prefixSpace
    /// Writes spaces as a mark, puts one before the text where `prefix` says so, and cuts before
    /// each mark if `splits` is set.
    case metaspace(mark: String, Prefix, splits: Bool)
    /// Spells bytes as ``ByteAlphabet`` does, so that later steps see their spelling.
    case spellBytes
  }

  /// The steps, in order; without any, the text is one word.
  package var steps: [Step]

  /// Creates a way to cut.
  package init(_ steps: [Step] = []) { self.steps = steps }

  /// Returns the words of `text`, which must be valid UTF-8.
  package func words(in text: [UInt8]) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var cutter = TextCutter(self)
    cutter.cut(text, isFirst: true) { words.append(Array($0[$1])) }
    return words
  }
}

/// Cuts texts; keeps the memory of its expressions.
struct TextCutter {
  private let steps: [PreTokenizer.Step]
  private let spellsBytes: Bool
  // By step; nil where there is no pattern.
  private var matchers: [ExpressionMatcher?]

  init(_ preTokenizer: PreTokenizer) {
    steps = preTokenizer.steps
    spellsBytes = steps.contains(.spellBytes)
    matchers = steps.map { step in
      switch step {
      case .split(let pattern, _, _): ExpressionMatcher(pattern.program)
      case .prefixSpace, .metaspace, .spellBytes: nil
      }
    }
  }

  /// Calls `body` with a text and the range of each word in it.
  ///
  /// - Parameter isFirst: Whether `text` is the beginning of all text.
  mutating func cut(
    _ text: [UInt8], isFirst: Bool, _ body: (_ text: [UInt8], _ word: Range<Int>) -> Void
  ) {
    cut(text, 0..<text.count, isFirst, step: 0, body)
  }

  private mutating func cut(
    _ text: [UInt8], _ range: Range<Int>, _ isFirst: Bool, step: Int,
    _ body: ([UInt8], Range<Int>) -> Void
  ) {
    guard !range.isEmpty else { return }
    guard step < steps.count else {
      guard spellsBytes else { return body(text, range) }
      let bytes = ByteAlphabet.bytes(spelledBy: text[range])
      return body(bytes, 0..<bytes.count)
    }
    switch steps[step] {
    case .split(_, let behavior, let isInverted):
      split(text, range, isFirst, step, behavior, isInverted, body)
    case .prefixSpace:
      guard text[range.lowerBound] != UInt8(ascii: " ") else {
        return cut(text, range, isFirst, step: step + 1, body)
      }
      cut([UInt8(ascii: " ")] + text[range], isFirst, after: step, body)
    case .spellBytes:
      cut(Array(ByteAlphabet.spelling(of: text[range]).utf8), isFirst, after: step, body)
    case .metaspace(let mark, let prefix, let splits):
      cutAtMarks(text, range, isFirst, step, Array(mark.utf8), prefix, splits, body)
    }
  }

  private mutating func split(
    _ text: [UInt8], _ range: Range<Int>, _ isFirst: Bool, _ step: Int,
    _ behavior: PreTokenizer.Behavior, _ isInverted: Bool, _ body: ([UInt8], Range<Int>) -> Void
  ) {
    guard var matcher = matchers[step] else { return }
    matchers[step] = nil
    defer { matchers[step] = matcher }
    var joiner = PartJoiner(behavior)
    matcher.forEachPart(of: text, in: range) { part, isMatch in
      joiner.add(part, isMatch != isInverted) { piece in
        cut(text, piece, isFirst && piece.lowerBound == range.lowerBound, step: step + 1, body)
      }
    }
    joiner.finish { piece in
      cut(text, piece, isFirst && piece.lowerBound == range.lowerBound, step: step + 1, body)
    }
  }

  private mutating func cut(
    _ changed: [UInt8], _ isFirst: Bool, after step: Int, _ body: ([UInt8], Range<Int>) -> Void
  ) {
    cut(changed, 0..<changed.count, isFirst, step: step + 1, body)
  }

  private mutating func cutAtMarks(
    _ text: [UInt8], _ range: Range<Int>, _ isFirst: Bool, _ step: Int, _ mark: [UInt8],
    _ prefix: PreTokenizer.Prefix, _ splits: Bool, _ body: ([UInt8], Range<Int>) -> Void
  ) {
    let changed = marked(text[range], mark, prefix == .always || prefix == .first && isFirst)
    guard splits else { return cut(changed, isFirst, after: step, body) }
    var start = 0
    for position in changed.indices.dropFirst() where changed[position...].starts(with: mark) {
      cut(changed, start..<position, isFirst && start == 0, step: step + 1, body)
      start = position
    }
    cut(changed, start..<changed.count, isFirst && start == 0, step: step + 1, body)
  }

  private func marked(_ text: ArraySlice<UInt8>, _ mark: [UInt8], _ hasPrefix: Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + mark.count)
    for byte in text {
      if byte == UInt8(ascii: " ") { result += mark } else { result.append(byte) }
    }
    return hasPrefix && !result.starts(with: mark) ? mark + result : result
  }
}

/// Joins matches with what lies beside them, as a behaviour asks.
private struct PartJoiner {
  private let behavior: PreTokenizer.Behavior
  // What has not been handed on, since more may be joined to it.
  private var waiting: Range<Int>?
  private var wasMatch = false

  init(_ behavior: PreTokenizer.Behavior) { self.behavior = behavior }

  @inline(__always)
  mutating func add(_ part: Range<Int>, _ isMatch: Bool, _ body: (Range<Int>) -> Void) {
    switch behavior {
    case .isolated: body(part)
    case .removed: if !isMatch { body(part) }
    case .contiguous: join(part, isMatch, isMatch == wasMatch, body)
    case .mergedWithPrevious: join(part, isMatch, isMatch && !wasMatch, body)
    // A match waits for what is no match; of several, the last is joined.
    case .mergedWithNext: join(part, isMatch, wasMatch && !isMatch, body)
    }
  }

  private mutating func join(
    _ part: Range<Int>, _ isMatch: Bool, _ joins: Bool, _ body: (Range<Int>) -> Void
  ) {
    if joins, let first = waiting {
      waiting = first.lowerBound..<part.upperBound
    } else {
      if let waiting { body(waiting) }
      waiting = part
    }
    wasMatch = isMatch
  }

  mutating func finish(_ body: (Range<Int>) -> Void) {
    if let waiting { body(waiting) }
    waiting = nil
  }
}
