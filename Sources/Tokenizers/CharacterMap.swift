// The normalisation that SentencePiece compiles into its models (`precompiled_charsmap`): a
// double-array trie of characters and sequences of them, and the texts that replace them.

/// What replaces characters before a SentencePiece model sees them.
///
/// Source: SentencePiece, `normalizer.cc`; the trie is that of the library Darts-clone.
package struct CharacterMap: Equatable, Sendable {
  /// What is looked up at a time.
  package enum Unit: Sendable {
    /// The longest sequence at each place, as SentencePiece does.
    case longest
    /// A grapheme cluster of less than six bytes, and by its shortest beginning, else a character
    /// at a time, as `tokenizers` does.
    case cluster
  }

  /// No known map has keys or texts of a quarter of this, in bytes.
  private static let lengthLimit = 128

  private let trie: [UInt32]
  // Texts, each ended by a zero.
  private let replacements: [UInt8]
  /// The length of the longest text, in bytes.
  let longestReplacement: Int

  /// Reads a map: the size of the trie in bytes (32 bits), the trie, the texts.
  ///
  /// - Returns: `nil` if the sizes contradict each other, or a text is longer than any should be.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let units = bytes.littleEndian
    let size = Int(units(0))
    guard size % 4 == 0, size <= bytes.count - 4 else { return nil }
    trie = (0..<size / 4).map { units(4 + 4 * $0) }
    replacements = Array(bytes[(4 + size)...])
    longestReplacement = replacements.split(separator: 0).map(\.count).max() ?? 0
    guard longestReplacement <= Self.lengthLimit else { return nil }
  }

  /// Returns `text` with all replacements.
  func mapped(_ text: [UInt8], by unit: Unit) -> [UInt8] {
    switch unit {
    case .longest: mappedByLongest(text)
    case .cluster: mappedByCluster(text)
    }
  }

  private func mappedByLongest(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if let match = matches(in: text[position...]).last {
        result += replacement(at: match.value)
        position += match.length
      } else {
        let end = text.scalar(at: position).end
        result += text[position..<end]
        position = end
      }
    }
    return result
  }

  private func mappedByCluster(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for cluster in String(decoding: text, as: UTF8.self) {
      let bytes = Array(cluster.utf8)
      if bytes.count < 6, let match = matches(in: bytes[...]).first {
        result += replacement(at: match.value)
        continue
      }
      for scalar in cluster.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        result += matches(in: bytes[...]).first.map { replacement(at: $0.value) } ?? bytes[...]
      }
    }
    return result
  }

  private func replacement(at start: Int) -> ArraySlice<UInt8> {
    guard start < replacements.count else { return [] }
    return replacements[start...].prefix { $0 != 0 }
  }

  /// The keys that `text` begins with, shortest first; a trie of a stranger may have some without end.
  private func matches(in text: ArraySlice<UInt8>) -> [(length: Int, value: Int)] {
    var matches: [(length: Int, value: Int)] = []
    guard let root = trie.first else { return [] }
    var node = Int(Self.offset(of: root))
    for (length, byte) in text.prefix(Self.lengthLimit).enumerated() {
      node ^= Int(byte)
      guard byte != 0, node < trie.count else { break }
      let unit = trie[node]
      guard unit & 0x8000_00ff == UInt32(byte) else { break }
      node ^= Int(Self.offset(of: unit))
      guard unit >> 8 & 1 != 0 else { continue }
      guard node < trie.count else { break }
      matches.append((length + 1, Int(trie[node] & 0x7fff_ffff)))
    }
    return matches
  }

  /// Where the children of a unit lie, relative to it.
  private static func offset(of unit: UInt32) -> UInt32 {
    (unit >> 10) << ((unit & 0x200) >> 6)
  }
}

extension [UInt8] {
  /// Returns the little-endian number of 32 bits at a place, which must lie inside.
  fileprivate func littleEndian(_ place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[place + $1]) << UInt32(8 * $1) }
  }
}
