// Sets of characters, as expressions write them: `[^\s\p{L}]`, `\d`, `[一-龥]`.

/// A set of characters as it is written.
indirect enum ScalarSetNode: Equatable, Sendable {
  /// The characters of some general categories.
  case categories(CategorySet)
  /// `\s`.
  case space
  /// `\w`.
  case word
  /// `\p{Alphabetic}`.
  case alphabetic
  /// The characters from one to another.
  case range(ClosedRange<UInt32>)
  case union([ScalarSetNode])
  case intersection([ScalarSetNode])
  case complement(ScalarSetNode)

  /// Whether the set has a character of a kind.
  func contains(_ scalar: UInt32, _ kind: ScalarKind) -> Bool {
    switch self {
    case .categories(let categories): categories.contains(kind)
    case .space: kind.isSpace
    case .word: kind.isWord
    case .alphabetic: Unicode.Scalar(scalar)?.properties.isAlphabetic ?? false
    case .range(let range): range.contains(scalar)
    case .union(let parts): parts.contains { $0.contains(scalar, kind) }
    case .intersection(let parts): parts.allSatisfy { $0.contains(scalar, kind) }
    case .complement(let part): !part.contains(scalar, kind)
    }
  }

  /// Whether the kind of a character beyond ASCII says all.
  fileprivate var dependsOnKindOnly: Bool {
    switch self {
    case .categories, .space, .word: true
    case .alphabetic: false
    case .range(let range): range.upperBound < 0x80
    case .union(let parts), .intersection(let parts): parts.allSatisfy(\.dependsOnKindOnly)
    case .complement(let part): part.dependsOnKindOnly
    }
  }
}

/// A set of characters, ready to be asked.
struct ScalarSet: Sendable {
  // A bit for each ASCII character and one for each kind of the others.
  private var ascii: (low: UInt64, high: UInt64) = (0, 0)
  private var kinds: (low: UInt64, high: UInt64) = (0, 0)
  /// Whether the kind of a character beyond ASCII does not say all, so that its tree must be asked.
  let needsTree: Bool

  init(_ node: ScalarSetNode) {
    needsTree = !node.dependsOnKindOnly
    for value in UInt8(0)..<0x80
    where node.contains(UInt32(value), ScalarKind(Unicode.Scalar(value))) {
      Self.insert(value, &ascii)
    }
    // Any character beyond ASCII will do where only its kind counts.
    for bits in 0..<UInt8(ScalarKind.count) where node.contains(0x80, ScalarKind(bits: bits)) {
      Self.insert(bits, &kinds)
    }
  }

  private static func insert(_ value: UInt8, _ set: inout (low: UInt64, high: UInt64)) {
    if value < 64 { set.low |= 1 << UInt64(value) } else { set.high |= 1 << UInt64(value - 64) }
  }

  /// Whether the set has an ASCII character.
  @inline(__always)
  func contains(ascii byte: UInt8) -> Bool {
    (byte < 64 ? ascii.low : ascii.high) >> UInt64(byte & 63) & 1 != 0
  }

  /// Whether the set has the characters of a kind beyond ASCII, if it needs no tree.
  @inline(__always)
  func contains(_ kind: ScalarKind) -> Bool {
    (kind.bits < 64 ? kinds.low : kinds.high) >> UInt64(kind.bits & 63) & 1 != 0
  }

  /// Whether the set may have characters beyond ASCII.
  var mayExceedASCII: Bool { needsTree || kinds.low | kinds.high != 0 }
}

extension ScalarSetNode {
  /// The set that `\p{name}` means, or `nil` if the name is not known here.
  init?(property name: String) {
    let name = String(name.lowercased().filter { !" _-".contains($0) })
    if let categories = CategorySet(named: Self.shortNames[name] ?? name) {
      self = .categories(categories)
    } else if let ranges = Self.scripts[name] {
      self = .union(ranges.map { .range($0) })
    } else {
      switch name {
      case "any": self = .range(0...0x10ffff)
      case "ascii": self = .range(0...0x7f)
      case "whitespace", "space": self = .space
      case "word": self = .word
      case "alphabetic", "alpha": self = .alphabetic
      case "alnum": self = .union([.alphabetic, .categories(CategorySet(bits: 1 << 8))])
      default: return nil
      }
    }
  }

  private static let shortNames = [
    "letter": "l", "mark": "m", "number": "n", "punctuation": "p", "symbol": "s", "separator": "z",
    "other": "c", "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt",
    "modifierletter": "lm", "otherletter": "lo", "decimalnumber": "nd", "digit": "nd",
    "nonspacingmark": "mn", "spacingmark": "mc", "enclosingmark": "me", "control": "cc",
  ]

  // Source: Scripts.txt of Unicode 17.
  private static let scripts: [String: [ClosedRange<UInt32>]] = [
    "han": [
      0x2e80...0x2e99, 0x2e9b...0x2ef3, 0x2f00...0x2fd5, 0x3005...0x3005, 0x3007...0x3007,
      0x3021...0x3029, 0x3038...0x303b, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xf900...0xfa6d,
      0xfa70...0xfad9, 0x16fe2...0x16fe3, 0x16ff0...0x16ff6, 0x20000...0x2a6df,
      0x2a700...0x2b81e, 0x2b820...0x2cead, 0x2ceb0...0x2ebe0, 0x2ebf0...0x2ee5d,
      0x2f800...0x2fa1d, 0x30000...0x3134a, 0x31350...0x33479,
    ],
    "hiragana": [
      0x3041...0x3096, 0x309d...0x309f, 0x1b001...0x1b11f, 0x1b123...0x1b123, 0x1b132...0x1b132,
      0x1b150...0x1b152, 0x1f200...0x1f200,
    ],
    "katakana": [
      0x30a1...0x30fa, 0x30fd...0x30ff, 0x31f0...0x31ff, 0x32d0...0x32fe, 0x3300...0x3357,
      0xff66...0xff6f, 0xff71...0xff9d, 0x1aff0...0x1aff3, 0x1aff5...0x1affb, 0x1affd...0x1affe,
      0x1b000...0x1b000, 0x1b120...0x1b122, 0x1b124...0x1b128, 0x1b155...0x1b155,
      0x1b164...0x1b168,
    ],
    "hangul": [
      0x1100...0x11ff, 0x302e...0x302f, 0x3131...0x318e, 0x3200...0x321e, 0x3260...0x327e,
      0xa960...0xa97c, 0xac00...0xd7a3, 0xd7b0...0xd7c6, 0xd7cb...0xd7fb, 0xffa0...0xffbe,
      0xffc2...0xffc7, 0xffca...0xffcf, 0xffd2...0xffd7, 0xffda...0xffdc,
    ],
    "thai": [0xe01...0xe3a, 0xe40...0xe5b],
    "lao": [
      0xe81...0xe82, 0xe84...0xe84, 0xe86...0xe8a, 0xe8c...0xea3, 0xea5...0xea5, 0xea7...0xebd,
      0xec0...0xec4, 0xec6...0xec6, 0xec8...0xece, 0xed0...0xed9, 0xedc...0xedf,
    ],
    "khmer": [0x1780...0x17dd, 0x17e0...0x17e9, 0x17f0...0x17f9, 0x19e0...0x19ff],
    "myanmar": [0x1000...0x109f, 0xa9e0...0xa9fe, 0xaa60...0xaa7f, 0x116d0...0x116e3],
  ]
}
