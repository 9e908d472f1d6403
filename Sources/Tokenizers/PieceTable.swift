// The tokens of a vocabulary as its file spells them, in one arena, with a hash index on their
// bytes. A Swift dictionary of strings would take several times as long to fill.

/// Token texts by id, and ids by text.
struct PieceTable: Sendable {
  /// The greatest number of ids; about four times the largest vocabulary in use.
  static let limit = 1 << 20

  private var arena: [UInt8] = []
  private var ranges: [Range<Int>] = []
  private var kinds: [TokenKind?] = []
  // Open addressing; -1 marks a free slot. The count is a power of two, at most half full.
  private var slots: [Int32] = []
  // Drawn anew for each table, so that no file can be made of texts that share a slot.
  private let hashKey = UInt64.random(in: .min ... .max)

  /// One more than the greatest assigned id.
  var count: Int { ranges.count }

  /// The length of the longest token, in bytes.
  private(set) var longest = 0

  /// Gives `id` a text and a kind, in place of any it had.
  ///
  /// - Precondition: `id` lies in `0..<limit`. Call ``buildIndex()`` before the next look-up.
  mutating func assign(_ text: String, kind: TokenKind, to id: Int) {
    assign(text.utf8, kind: kind, to: id)
  }

  /// Gives `id` bytes and a kind, in place of any it had.
  mutating func assign(_ bytes: some Sequence<UInt8>, kind: TokenKind, to id: Int) {
    precondition(id >= 0 && id < Self.limit, "id \(id) is outside 0..<\(Self.limit)")
    if id >= count {
      ranges.append(contentsOf: repeatElement(0..<0, count: id + 1 - count))
      kinds.append(contentsOf: repeatElement(nil, count: id + 1 - kinds.count))
    }
    let start = arena.count
    arena.append(contentsOf: bytes)
    ranges[id] = start..<arena.count
    kinds[id] = kind
    longest = max(longest, arena.count - start)
  }

  /// Changes the kind of a token.
  mutating func setKind(_ kind: TokenKind, of id: Int32) {
    kinds[Int(id)] = kind
  }

  /// Makes all assigned texts findable; of equal texts, the one with the greatest id wins.
  mutating func buildIndex() {
    var capacity = 16
    while capacity < 2 * count { capacity *= 2 }
    slots = [Int32](repeating: -1, count: capacity)
    for id in 0..<count where kinds[id] != nil {
      slots[slot(of: arena.span.extracting(ranges[id]))] = Int32(id)
    }
  }

  /// The kind of `id`, or `nil` if no token has it.
  func kind(of id: Int32) -> TokenKind? {
    id >= 0 && id < count ? kinds[Int(id)] : nil
  }

  /// The first token of a kind, if there is one.
  func firstID(ofKind kind: TokenKind) -> Int32? { kinds.firstIndex(of: kind).map(Int32.init) }

  /// The bytes of the token `id`.
  ///
  /// - Precondition: `kind(of: id)` is not `nil`.
  func bytes(of id: Int32) -> ArraySlice<UInt8> {
    arena[ranges[Int(id)]]
  }

  /// The id of the token with these bytes, if there is one.
  func id(of bytes: Span<UInt8>) -> Int32? {
    guard bytes.count <= longest else { return nil }
    let id = slots[slot(of: bytes)]
    return id < 0 ? nil : id
  }

  /// The id of the token spelled `text`, if there is one.
  func id(of text: String) -> Int32? {
    id(of: Array(text.utf8).span)
  }

  /// The slot that holds the token with these bytes, or the free one where it belongs.
  private func slot(of bytes: Span<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: bytes.hash(key: hashKey)) & mask
    while slots[slot] >= 0, !holds(slots[slot], bytes) { slot = (slot + 1) & mask }
    return slot
  }

  private func holds(_ id: Int32, _ bytes: Span<UInt8>) -> Bool {
    let range = ranges[Int(id)]
    guard range.count == bytes.count else { return false }
    for offset in bytes.indices where arena[range.lowerBound + offset] != bytes[offset] {
      return false
    }
    return true
  }
}

extension Span<UInt8> {
  /// A 64-bit hash: that of Fowler, Noll and Vo (FNV-1a) with a secret start and a secret factor,
  /// its high half folded into the low one.
  fileprivate func hash(key: UInt64) -> UInt64 {
    var hash = key
    for offset in indices { hash = (hash ^ UInt64(self[offset])) &* (key | 1) }
    return hash ^ (hash >> 32)
  }
}
