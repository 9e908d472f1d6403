// The strings of templates: characters that remember who wrote them.

/// A text whose every character knows whether it came from a conversation or from the template.
///
/// Whatever a template does to what a user said, cutting, joining, replacing, the characters that
/// are left remain the user's.
struct TemplateText: Hashable, Comparable, Sendable {
  private static let contentBit: UInt32 = 1 << 31

  // Unicode scalars, the highest bit set in those of a conversation.
  private(set) var units: [UInt32]

  init(units: [UInt32] = []) { self.units = units }

  /// Creates a text of a template or, if `isContent` is set, of a conversation.
  init(_ text: String, isContent: Bool = false) {
    units = text.unicodeScalars.map { isContent ? $0.value | Self.contentBit : $0.value }
  }

  /// The number of characters.
  var count: Int { units.count }

  /// The text without its origin.
  var string: String {
    var scalars = String.UnicodeScalarView()
    for unit in units { scalars.append(Self.scalar(unit)) }
    return String(scalars)
  }

  /// The character of a unit.
  static func scalar(_ unit: UInt32) -> Unicode.Scalar {
    Unicode.Scalar(unit & ~contentBit) ?? "\u{FFFD}"
  }

  /// Whether a unit came from a conversation.
  static func isContent(_ unit: UInt32) -> Bool { unit & contentBit != 0 }

  /// Returns whether both have the same characters, whoever wrote them.
  static func == (first: TemplateText, second: TemplateText) -> Bool {
    first.units.count == second.units.count
      && zip(first.units, second.units).allSatisfy { ($0 ^ $1) & ~contentBit == 0 }
  }

  /// Returns whether `first` comes first in the order of characters, as Python has it.
  static func < (first: TemplateText, second: TemplateText) -> Bool {
    first.units.lexicographicallyPrecedes(second.units) { $0 & ~contentBit < $1 & ~contentBit }
  }

  /// Hashes the characters, in linear time: `String` sorts combining marks to do so.
  func hash(into hasher: inout Hasher) {
    for unit in units { hasher.combine(unit & ~Self.contentBit) }
  }

  static func + (first: TemplateText, second: TemplateText) -> TemplateText {
    TemplateText(units: first.units + second.units)
  }

  mutating func append(_ other: TemplateText) { units += other.units }

  subscript(range: Range<Int>) -> TemplateText { TemplateText(units: Array(units[range])) }

  /// The text in lower case.
  var lowercased: TemplateText { mapped { $0.properties.lowercaseMapping } }

  /// The text in upper case.
  var uppercased: TemplateText { mapped { $0.properties.uppercaseMapping } }

  /// Replaces each character by others of the same origin.
  func mapped(_ map: (Unicode.Scalar) -> String) -> TemplateText {
    TemplateText(
      units: units.flatMap { unit in
        map(Self.scalar(unit)).unicodeScalars.map { $0.value | unit & Self.contentBit }
      })
  }
}

// MARK: - What Python's strings do

extension TemplateText {
  func hasPrefix(_ other: TemplateText) -> Bool {
    count >= other.count && self[0..<other.count] == other
  }

  func hasSuffix(_ other: TemplateText) -> Bool {
    count >= other.count && self[count - other.count..<count] == other
  }

  /// Where `other` begins.
  func firstIndex(of other: TemplateText) -> Int? {
    other.count == 0 ? 0 : indices(of: other, limit: 1).first
  }

  /// Where each `other` begins; none overlap.
  ///
  /// - Complexity: O(the lengths of both), by the search of Knuth, Morris and Pratt (1977).
  func indices(of other: TemplateText, limit: Int = .max) -> [Int] {
    guard other.count > 0, limit > 0 else { return [] }
    let wanted = other.units.map { $0 & ~Self.contentBit }
    let borders = Self.borders(of: wanted)
    var places: [Int] = []
    var matched = 0
    for (position, unit) in units.enumerated() {
      let unit = unit & ~Self.contentBit
      while matched > 0, wanted[matched] != unit { matched = borders[matched - 1] }
      if wanted[matched] == unit { matched += 1 }
      guard matched == wanted.count else { continue }
      places.append(position + 1 - matched)
      if places.count == limit { break }
      matched = 0
    }
    return places
  }

  /// For each beginning, the length of the longest shorter one that it ends with.
  private static func borders(of units: [UInt32]) -> [Int] {
    var borders = [Int](repeating: 0, count: units.count)
    var length = 0
    for place in units.indices.dropFirst() {
      while length > 0, units[place] != units[length] { length = borders[length - 1] }
      if units[place] == units[length] { length += 1 }
      borders[place] = length
    }
    return borders
  }

  func replacing(_ old: TemplateText, by new: TemplateText) -> TemplateText {
    replacing(old, at: indices(of: old), by: new)
  }

  /// Replaces the texts like `old` that begin at `places`.
  func replacing(_ old: TemplateText, at places: [Int], by new: TemplateText) -> TemplateText {
    var result = TemplateText()
    var start = 0
    for place in places {
      result.append(self[start..<place])
      result.append(new)
      start = place + old.count
    }
    result.append(self[start..<count])
    return result
  }

  /// The parts between separators.
  func split(by separator: TemplateText, limit: Int = .max) -> [TemplateText] {
    var parts: [TemplateText] = []
    var start = 0
    for place in indices(of: separator, limit: limit) {
      parts.append(self[start..<place])
      start = place + separator.count
    }
    return parts + [self[start..<count]]
  }

  /// The words between white space.
  var words: [TemplateText] {
    units.split { Self.isSpace($0) }.map { TemplateText(units: Array($0)) }
  }

  /// Takes white space, or the characters of `set`, away at the sides asked for.
  func stripped(of set: TemplateText? = nil, left: Bool = true, right: Bool = true) -> TemplateText
  {
    let members = set.map { Set($0.units.map { $0 & ~Self.contentBit }) }
    func goes(_ unit: UInt32) -> Bool {
      members.map { $0.contains(unit & ~Self.contentBit) } ?? Self.isSpace(unit)
    }
    var rest = units[...]
    while left, let first = rest.first, goes(first) { rest.removeFirst() }
    while right, let last = rest.last, goes(last) { rest.removeLast() }
    return TemplateText(units: Array(rest))
  }

  /// What `str.isspace` of Python takes for white space.
  static func isSpace(_ unit: UInt32) -> Bool {
    let scalar = scalar(unit)
    return scalar.properties.isWhitespace || 0x1c...0x1f ~= scalar.value
  }
}
