// Characters of UTF-8 text by byte position, and what kind of character they are.

/// How GPT-2's expression sees a character.
enum CharacterClass {
  /// `\p{L}`.
  case letter
  /// `\p{N}`.
  case number
  /// `\s`, the Unicode property White_Space.
  case space
  /// All else.
  case other

  init(_ scalar: Unicode.Scalar) {
    self = scalar.isASCII ? Self.ascii[Int(scalar.value)] : Self(properties: scalar.properties)
  }

  private static let ascii = (0..<128).map {
    Self(properties: Unicode.Scalar(UInt8($0)).properties)
  }

  private init(properties: Unicode.Scalar.Properties) {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      self = .number
    default:
      self = properties.isWhitespace ? .space : .other
    }
  }
}

extension Unicode.Scalar {
  /// Whether the character is a word's, as `\w` has it (Unicode Technical Standard 18, annex C).
  var isWordCharacter: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: properties.isAlphabetic || properties.isJoinControl
    }
  }
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
    var start = position - 1
    while self[start] & 0xc0 == 0x80 { start -= 1 }
    return (scalar(at: start).scalar, start)
  }
}
