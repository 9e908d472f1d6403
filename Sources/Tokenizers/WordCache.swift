// Most words of a text have come before; their ids are remembered while it is encoded.

/// The ids of words that have been encoded.
struct WordCache {
  private static let wordLimit = 64
  private static let countLimit = 1 << 16

  private struct Entry {
    let hash: UInt32
    let start: UInt32
    let count: UInt8
    let idStart: UInt32
    let idCount: UInt8
  }

  // Open addressing; -1 marks a free slot.
  private var slots = [Int32](repeating: -1, count: 1 << 10)
  private var entries: [Entry] = []
  private var arena: [UInt8] = []
  private var ids: [Int32] = []
  private let key = UInt64.random(in: .min ... .max)

  /// Appends the ids of a word in `text` if it has come before; `false` if it has not.
  @inline(__always)
  func append(
    _ text: [UInt8], _ word: Range<Int>, to result: inout [Int32]
  ) -> Bool {
    guard word.count <= Self.wordLimit else { return false }
    let slot = slot(hash(text, word), text, word)
    guard slots[slot] >= 0 else { return false }
    let entry = entries[Int(slots[slot])]
    let start = Int(entry.idStart)
    for index in start..<start + Int(entry.idCount) { result.append(ids[index]) }
    return true
  }

  /// Remembers the ids of a word that has not come before.
  mutating func remember(_ text: [UInt8], _ word: Range<Int>, _ new: ArraySlice<Int32>) {
    guard word.count <= Self.wordLimit, new.count <= UInt8.max, entries.count < Self.countLimit
    else { return }
    let hash = hash(text, word)
    slots[slot(hash, text, word)] = Int32(entries.count)
    entries.append(
      Entry(
        hash: hash, start: UInt32(arena.count), count: UInt8(word.count),
        idStart: UInt32(ids.count), idCount: UInt8(new.count)))
    arena += text[word]
    ids += new
    if 2 * entries.count > slots.count { grow() }
  }

  private func hash(_ text: [UInt8], _ word: Range<Int>) -> UInt32 {
    var hash = key
    for position in word { hash = (hash ^ UInt64(text[position])) &* (key | 1) }
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }

  private func slot(_ hash: UInt32, _ text: [UInt8], _ word: Range<Int>) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] >= 0, !holds(entries[Int(slots[slot])], hash, text, word) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func holds(
    _ entry: Entry, _ hash: UInt32, _ text: [UInt8], _ word: Range<Int>
  ) -> Bool {
    guard entry.hash == hash, Int(entry.count) == word.count else { return false }
    var place = Int(entry.start)
    for position in word {
      if arena[place] != text[position] { return false }
      place += 1
    }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: 4 * slots.count)
    let mask = slots.count - 1
    for (index, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(index)
    }
  }
}
