// Merge rules of byte-pair encoding: read as pairs of texts, used as pairs of ids.

/// A merge that two neighbouring symbols allow.
struct Merge: Equatable {
  /// Merges with a lower rank come first.
  let rank: UInt32
  /// The token that replaces both symbols.
  let id: Int32
}

/// The merges of a file, in the order of their ranks, before their tokens are known.
struct MergeList: Sendable {
  // Left and right text of a merge stand side by side, so their concatenation is in memory, too.
  private(set) var arena: [UInt8] = []
  private(set) var bounds: [(start: Int, middle: Int, end: Int)] = []

  var count: Int { bounds.count }

  /// Adds the merge of `left` and `right` with the next rank.
  mutating func append<Text: StringProtocol>(_ left: Text, _ right: Text) {
    let start = arena.count
    arena.append(contentsOf: left.utf8)
    let middle = arena.count
    arena.append(contentsOf: right.utf8)
    bounds.append((start, middle, arena.count))
  }

  /// Adds a merge written as two texts with a space between; `false` if it is not.
  mutating func append(spaced text: String) -> Bool {
    // A left text may itself begin with a space, as in llama.cpp.
    let bytes = text.utf8
    guard let space = bytes.dropFirst().firstIndex(of: UInt8(ascii: " ")) else { return false }
    let right = bytes.index(after: space)
    guard right < bytes.endIndex else { return false }
    append(text[..<space], text[right...])
    return true
  }

  /// Replaces texts by the ids of `pieces`.
  ///
  /// - Throws: ``TokenizerError/invalid(file:field:found:expected:)`` if a left, right or merged
  ///   text is not a token.
  func resolved(
    in pieces: PieceTable, file: String, field: String
  ) throws(TokenizerError) -> PairTable {
    var table = PairTable(capacity: count)
    for (rank, (start, middle, end)) in bounds.enumerated() {
      guard let left = pieces.id(of: arena.span.extracting(start..<middle)),
        let right = pieces.id(of: arena.span.extracting(middle..<end)),
        let merged = pieces.id(of: arena.span.extracting(start..<end))
      else {
        let texts = [arena[start..<middle], arena[middle..<end]]
          .map { excerpt(String(decoding: $0, as: UTF8.self)) }
        throw .invalid(
          file: file, field: "\(field)[\(rank)]", found: texts.joined(separator: " and "),
          expected: "two tokens whose concatenation is a token, too")
      }
      table.insert(left, right, Merge(rank: UInt32(rank), id: merged))
    }
    return table
  }
}

/// The merge of any two token ids, found in constant time.
struct PairTable: Sendable {
  // Open addressing; keys are two ids side by side, all ones where a slot is free.
  private static let free = UInt64.max
  private var keys: [UInt64]
  private var merges: [Merge]

  /// Makes an empty table for `capacity` merges.
  init(capacity: Int) {
    var slotCount = 16
    while slotCount < 2 * capacity { slotCount *= 2 }
    keys = [UInt64](repeating: Self.free, count: slotCount)
    merges = [Merge](repeating: Merge(rank: 0, id: 0), count: slotCount)
  }

  /// Adds a merge, in place of an earlier one of the same ids.
  ///
  /// - Precondition: The table has room, and the ids are not negative.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let key = Self.key(left, right)
    let slot = slot(of: key)
    keys[slot] = key
    merges[slot] = merge
  }

  /// The merge of two ids, if there is one; negative ids have none.
  subscript(left: Int32, right: Int32) -> Merge? {
    let key = Self.key(left, right)
    let slot = slot(of: key)
    return keys[slot] == key && left >= 0 && right >= 0 ? merges[slot] : nil
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private func slot(of key: UInt64) -> Int {
    let mask = keys.count - 1
    // The high bits of a product with 2⁶⁴ divided by the golden ratio (Knuth, 6.4) are well mixed.
    var slot = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    while keys[slot] != Self.free, keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }
}
