// Characters of UTF-8 text by byte position, and what kind of character they are.

/// What expressions ask of a character, in one byte.
struct ScalarKind: Equatable, Sendable {
  /// Bits 0 to 4: the index of the general category; then two properties.
  let bits: UInt8

  private static let spaceBit: UInt8 = 0x20
  private static let wordBit: UInt8 = 0x40
  /// The number of different values of ``bits``.
  static let count = 128

  init(bits: UInt8) { self.bits = bits }

  init(_ scalar: Unicode.Scalar) {
    let category = CategorySet.index(of: scalar.properties.generalCategory)
    var bits = category
    if Self.mayBeSpace[Int(category)], scalar.properties.isWhitespace { bits |= Self.spaceBit }
    if Self.isWord(scalar, category) { bits |= Self.wordBit }
    self.bits = bits
  }

  // Looking a property up takes long; most categories say it.
  private static let mayBeSpace = CategorySet.order.map {
    [.control, .spaceSeparator, .lineSeparator, .paragraphSeparator].contains($0)
  }

  private static func isWord(_ scalar: Unicode.Scalar, _ category: UInt8) -> Bool {
    switch CategorySet.order[Int(category)] {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber, .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber,
      .connectorPunctuation:
      true
    case .otherSymbol: scalar.properties.isAlphabetic
    default: scalar == "\u{200c}" || scalar == "\u{200d}"
    }
  }

  /// The index of the general category in ``CategorySet/order``.
  var category: UInt8 { bits & 0x1f }

  /// `\s`: the Unicode property White_Space.
  var isSpace: Bool { bits & Self.spaceBit != 0 }

  /// `\w` (Unicode Technical Standard 18, annex C).
  var isWord: Bool { bits & Self.wordBit != 0 }
}

/// The kinds of the characters of the first planes, so that one is an array access.
struct ScalarKinds: Sendable {
  /// Those of all characters; made when it is first needed, in some milliseconds.
  static let all = ScalarKinds()

  // The basic plane and the one with historic scripts and emoji.
  private static let limit: UInt32 = 0x20000
  private let kinds: [UInt8]

  private init() {
    kinds = (0..<Self.limit).map { Unicode.Scalar($0).map { ScalarKind($0).bits } ?? 0 }
  }

  /// The kind of a character.
  subscript(scalar: Unicode.Scalar) -> ScalarKind {
    scalar.value < Self.limit
      ? ScalarKind(bits: kinds[Int(scalar.value)]) : ScalarKind(scalar)
  }
}

/// A set of general categories.
struct CategorySet: Equatable, Sendable {
  /// All categories; a bit of ``bits`` is an index of this list.
  static let order: [Unicode.GeneralCategory] = [
    .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
    .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber,
    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
    .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
    .modifierSymbol, .otherSymbol, .spaceSeparator, .lineSeparator, .paragraphSeparator, .control,
    .format, .surrogate, .privateUse, .unassigned,
  ]
  // Their two-letter names, in the same order.
  private static let names = [
    "lu", "ll", "lt", "lm", "lo", "mn", "mc", "me", "nd", "nl", "no", "pc", "pd", "ps", "pe", "pi",
    "pf", "po", "sm", "sc", "sk", "so", "zs", "zl", "zp", "cc", "cf", "cs", "co", "cn",
  ]
  static let mark = CategorySet(named: "m") ?? CategorySet(bits: 0)

  /// The index of a category in ``order``.
  static func index(of category: Unicode.GeneralCategory) -> UInt8 {
    switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }

  var bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  /// The categories of a name in lower case: `lu`, or `l` for all letters.
  init?(named name: String) {
    bits = 0
    for (index, category) in Self.names.enumerated()
    where category == name || name.utf8.count == 1 && category.hasPrefix(name) {
      bits |= 1 << UInt32(index)
    }
    if name == "l&" || name == "lc" { bits = 0b111 }
    if bits == 0 { return nil }
  }

  /// Whether the set has the category of a kind.
  func contains(_ kind: ScalarKind) -> Bool { bits >> UInt32(kind.category) & 1 != 0 }
}

extension [UInt8] {
  /// The character that begins at `position`, and where it ends.
  ///
  /// - Precondition: The array is valid UTF-8, and `position` is a character's first byte.
  func scalar(at position: Int) -> (scalar: Unicode.Scalar, end: Int) {
    let first = self[position]
    if first < 0x80 { return (Unicode.Scalar(first), position + 1) }
    let length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    var value = UInt32(first) & (0x7f >> UInt32(length))
    for byte in self[position + 1..<position + length] { value = value << 6 | UInt32(byte & 0x3f) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", position + length)
  }

  /// The character that ends at `position`, and where it begins.
  ///
  /// - Precondition: The array is valid UTF-8, and a character ends at `position`.
  func scalar(before position: Int) -> (scalar: Unicode.Scalar, start: Int) {
    let start = start(before: position)
    return (scalar(at: start).scalar, start)
  }

  /// Where the character that ends at `position` begins.
  func start(before position: Int) -> Int {
    var start = position - 1
    while self[start] & 0xc0 == 0x80 { start -= 1 }
    return start
  }
}
