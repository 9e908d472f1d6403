// Reads regular expressions: the part of the dialects of Oniguruma and Rust that tokenizers use.
// What is not known is refused by name, since another meaning would be other words.

/// Why an expression cannot be used.
struct ExpressionError: Error, Equatable {
  /// What is not understood.
  let found: String
}

/// Whose rules an expression follows where they differ.
enum ExpressionDialect: Equatable, Sendable {
  /// Oniguruma with Ruby's syntax, as in `tokenizers`: `$` also ends a line, and `x{1,3}+` is a
  /// repetition of `x{1,3}`.
  case oniguruma
  /// Rust's `fancy-regex`, as in `tiktoken`: `$` is the end, and `x{1,3}+` is possessive.
  case rust
}

/// Reads one expression.
struct ExpressionParser {
  // What an expression of a stranger may take.
  private static let lengthLimit = 1 << 13
  private static let quantifierLimit = 8
  private static let depthLimit = 32
  private static let countLimit = 1 << 12

  private let scalars: [Unicode.Scalar]
  private let dialect: ExpressionDialect
  private var position = 0
  private var depth = 0
  private var ignoresCase = false

  private init(_ text: String, _ dialect: ExpressionDialect) {
    scalars = Array(text.unicodeScalars)
    self.dialect = dialect
  }

  /// Returns the tree of `text`.
  static func parse(
    _ text: String, dialect: ExpressionDialect
  ) throws(ExpressionError) -> ExpressionNode {
    guard text.utf8.count <= lengthLimit else {
      throw ExpressionError(found: "an expression of \(text.utf8.count) bytes")
    }
    var parser = ExpressionParser(text, dialect)
    let node = try parser.alternatives()
    guard parser.next == nil else { throw ExpressionError(found: "')' without '('") }
    return node
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private func isNext(_ text: String) -> Bool {
    scalars[position...].starts(with: text.unicodeScalars)
  }

  private mutating func skip(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private mutating func take() throws(ExpressionError) -> Unicode.Scalar {
    guard let next else { throw ExpressionError(found: "an expression that ends too early") }
    position += 1
    return next
  }
}

// MARK: - Groups and repetitions

extension ExpressionParser {
  private mutating func alternatives() throws(ExpressionError) -> ExpressionNode {
    guard depth < Self.depthLimit else { throw ExpressionError(found: "too many groups") }
    depth += 1
    let outerCase = ignoresCase
    defer {
      depth -= 1
      ignoresCase = outerCase
    }
    var parts = [try sequence()]
    while skip("|") { parts.append(try sequence()) }
    return parts.count == 1 ? parts[0] : .alternatives(parts)
  }

  private mutating func sequence() throws(ExpressionError) -> ExpressionNode {
    var parts: [ExpressionNode] = []
    while let next, next != "|", next != ")" {
      if skip("(?i)") {
        ignoresCase = true
      } else {
        try refuseLongCases(next)
        parts.append(try repetition(of: try atom()))
      }
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// Refuses two letters that one character is another case of, such as `ss` of `ß`.
  private func refuseLongCases(_ first: Unicode.Scalar) throws(ExpressionError) {
    guard ignoresCase, dialect == .oniguruma, position + 1 < scalars.count else { return }
    let pair = (String(first) + String(scalars[position + 1])).lowercased()
    guard !["ss", "st", "ff", "fi", "fl"].contains(pair) else {
      throw ExpressionError(found: "'\(pair)' in any case")
    }
  }

  private mutating func repetition(
    of atom: ExpressionNode
  ) throws(ExpressionError) -> ExpressionNode {
    var node = atom
    var quantifiers = 0
    while let (count, isCounted) = try quantifier() {
      quantifiers += 1
      guard quantifiers <= Self.quantifierLimit else {
        throw ExpressionError(found: "repetitions of repetitions")
      }
      guard !node.mayBeEmpty || count.upperBound < ExpressionNode.unbounded else {
        throw ExpressionError(found: "a repetition of what may be empty")
      }
      let isPossessive = (!isCounted || dialect == .rust) && skip("+")
      let isGreedy = isPossessive || !skip("?")
      node = .repeated(node, count, isGreedy: isGreedy)
      if isPossessive { node = .atomic(node) }
    }
    return node
  }

  private mutating func quantifier() throws(ExpressionError) -> (ClosedRange<Int>, Bool)? {
    if skip("*") { return (0...ExpressionNode.unbounded, false) }
    if skip("+") { return (1...ExpressionNode.unbounded, false) }
    if skip("?") { return (0...1, false) }
    let start = position
    guard skip("{") else { return nil }
    let low = number()
    let high = skip(",") ? number() ?? ExpressionNode.unbounded : low
    guard skip("}"), low != nil || high != ExpressionNode.unbounded else {
      position = start
      return nil
    }
    let (least, most) = (low ?? 0, high ?? 0)
    guard least <= most, least <= Self.countLimit,
      most <= Self.countLimit || most == ExpressionNode.unbounded
    else { throw ExpressionError(found: "'{\(least),\(most)}'") }
    return (least...most, true)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let next, "0"..."9" ~= next, digits.utf8.count < 9 {
      digits.unicodeScalars.append(next)
      position += 1
    }
    return Int(digits)
  }

  private mutating func atom() throws(ExpressionError) -> ExpressionNode {
    if isNext("(") { return try group() }
    switch try take() {
    case "[": return .one(try set())
    case ".": return .one(.complement(.range(0xa...0xa)))
    case "^": return .anchor(dialect == .oniguruma ? .lineStart : .textStart)
    case "$": return .anchor(dialect == .oniguruma ? .lineEnd : .textEnd)
    case "\\": return try escape()
    case let scalar where "*+?".unicodeScalars.contains(scalar):
      throw ExpressionError(found: "'\(scalar)' without something to repeat")
    case let scalar: return .one(literal(scalar))
    }
  }

  private mutating func group() throws(ExpressionError) -> ExpressionNode {
    let isKnown = ["(?:", "(?i:", "(?>", "(?=", "(?!", "(?<=", "(?<!"].first { isNext($0) }
    guard let opening = isKnown ?? (isNext("(?") ? nil : "(") else {
      throw ExpressionError(found: "'\(excerptOfNext)'")
    }
    position += opening.unicodeScalars.count
    let outerCase = ignoresCase
    if opening == "(?i:" { ignoresCase = true }
    let body = try alternatives()
    ignoresCase = outerCase
    guard skip(")") else { throw ExpressionError(found: "'(' without ')'") }
    switch opening {
    case "(?>": return .atomic(body)
    case "(?=", "(?!": return .lookAhead(body, isNegated: opening == "(?!")
    case "(?<=", "(?<!":
      guard case .one(let set) = body else {
        throw ExpressionError(found: "'\(opening)' of more than one character")
      }
      return .lookBehind(set, isNegated: opening == "(?<!")
    default: return body
    }
  }

  private var excerptOfNext: String {
    String(String.UnicodeScalarView(scalars[position...].prefix(6)))
  }
}

// MARK: - Characters

extension ExpressionParser {
  private mutating func escape() throws(ExpressionError) -> ExpressionNode {
    let start = position
    switch try take() {
    case "A": return .anchor(.textStart)
    case "z": return .anchor(.textEnd)
    case "Z": return .anchor(.textEndOrLastLine)
    case "b": return wordBoundary(isNegated: false)
    case "B": return wordBoundary(isNegated: true)
    case "R":
      return .alternatives([
        .sequence([.one(.range(0xd...0xd)), .one(.range(0xa...0xa))]),
        .one(.union([.range(0xa...0xd), .range(0x85...0x85), .range(0x2028...0x2029)])),
      ])
    default:
      position = start
      return .one(try escapedSet(word))
    }
  }

  /// The places where a word begins or ends, or all others.
  private func wordBoundary(isNegated: Bool) -> ExpressionNode {
    .alternatives(
      [true, false].map { isBehind in
        .sequence([
          .lookBehind(word, isNegated: !isBehind),
          .lookAhead(.one(word), isNegated: isBehind != isNegated),
        ])
      })
  }

  /// `\w`: what Oniguruma takes for a word's is a little less and, outside of brackets, a little
  /// more.
  private var word: ScalarSetNode {
    guard dialect == .oniguruma else { return .word }
    return .union([
      wordInBrackets, .range(0xb2...0xb3), .range(0xb9...0xb9), .range(0xbc...0xbe),
    ])
  }

  private var wordInBrackets: ScalarSetNode {
    dialect == .oniguruma
      ? .intersection([.word, .complement(.range(0x200c...0x200d))]) : .word
  }

  /// What `\` and something stands for inside or outside of brackets.
  private mutating func escapedSet(
    _ word: ScalarSetNode
  ) throws(ExpressionError) -> ScalarSetNode {
    let scalar = try take()
    switch scalar {
    case "s": return .space
    case "S": return .complement(.space)
    case "w": return word
    case "W": return .complement(word)
    case "d": return .categories(CategorySet(bits: 1 << 8))
    case "D": return .complement(.categories(CategorySet(bits: 1 << 8)))
    case "h" where dialect == .oniguruma: return Self.hexadecimalDigits
    case "H" where dialect == .oniguruma: return .complement(Self.hexadecimalDigits)
    case "p": return try property(isNegated: false)
    case "P": return try property(isNegated: true)
    default:
      position -= 1
      return literal(try escapedScalar())
    }
  }

  private static let hexadecimalDigits = ScalarSetNode.union([
    .range(0x30...0x39), .range(0x41...0x46), .range(0x61...0x66),
  ])

  private mutating func property(isNegated: Bool) throws(ExpressionError) -> ScalarSetNode {
    var name = ""
    if skip("{") {
      while !skip("}") { name.unicodeScalars.append(try take()) }
    } else if dialect == .rust {
      name.unicodeScalars.append(try take())
    }
    let isCaret = name.hasPrefix("^")
    let bare = isCaret ? String(name.dropFirst()) : name
    let prefixes = dialect == .rust ? ["Script=", "sc=", "gc=", "General_Category="] : []
    let prefix = prefixes.first { bare.hasPrefix($0) } ?? ""
    guard let set = ScalarSetNode(property: String(bare.dropFirst(prefix.count))) else {
      throw ExpressionError(found: "'\\p{\(name)}'")
    }
    return isCaret != isNegated ? .complement(set) : set
  }

  private mutating func escapedScalar() throws(ExpressionError) -> Unicode.Scalar {
    let scalar = try take()
    switch scalar {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{c}"
    case "v": return "\u{b}"
    case "a": return "\u{7}"
    case "e": return "\u{1b}"
    case "x": return try hexadecimal(2)
    case "u": return try hexadecimal(4)
    case "0"..."9", "A"..."Z", "a"..."z": throw ExpressionError(found: "'\\\(scalar)'")
    default: return scalar
    }
  }

  private mutating func hexadecimal(_ count: Int) throws(ExpressionError) -> Unicode.Scalar {
    var digits = ""
    if skip("{") {
      while !skip("}") { digits.unicodeScalars.append(try take()) }
    } else {
      for _ in 0..<count { digits.unicodeScalars.append(try take()) }
    }
    guard let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else {
      throw ExpressionError(found: "'\\x{\(digits)}'")
    }
    return scalar
  }

  /// What is inside of brackets, the closing one included.
  private mutating func set() throws(ExpressionError) -> ScalarSetNode {
    guard depth < Self.depthLimit else { throw ExpressionError(found: "too many brackets") }
    depth += 1
    defer { depth -= 1 }
    let isNegated = skip("^")
    var parts: [ScalarSetNode] = []
    var intersected: [ScalarSetNode] = []
    var isFirst = true
    while isFirst || !isNext("]") {
      if skip("&&") {
        intersected.append(.union(parts))
        parts = []
      } else {
        parts.append(try member())
      }
      isFirst = false
    }
    position += 1
    let union = ScalarSetNode.union(parts)
    let whole = intersected.isEmpty ? union : .intersection(intersected + [union])
    return isNegated ? .complement(whole) : whole
  }

  private mutating func member() throws(ExpressionError) -> ScalarSetNode {
    if isNext("[:") { return try posixClass() }
    if skip("[") { return try set() }
    var first = try take()
    if first == "\\" {
      if let next, "sSwWdDhHpP".unicodeScalars.contains(next) {
        return try escapedSet(wordInBrackets)
      }
      first = try escapedScalar()
    }
    // A minus before the closing bracket is itself.
    guard isNext("-"), position + 1 < scalars.count, scalars[position + 1] != "]" else {
      return literal(first)
    }
    position += 1
    var last = try take()
    if last == "\\" { last = try escapedScalar() }
    guard first <= last else { throw ExpressionError(found: "the range '\(first)-\(last)'") }
    return cased(.range(first.value...last.value))
  }

  private mutating func posixClass() throws(ExpressionError) -> ScalarSetNode {
    position += 2
    let isNegated = skip("^")
    var name = ""
    while !skip(":]") { name.unicodeScalars.append(try take()) }
    guard ["alpha", "alnum", "digit", "space", "word", "ascii"].contains(name),
      let set = ScalarSetNode(property: name)
    else { throw ExpressionError(found: "'[:\(name):]'") }
    return isNegated ? .complement(set) : set
  }

  private func literal(_ scalar: Unicode.Scalar) -> ScalarSetNode {
    cased(.range(scalar.value...scalar.value))
  }

  /// The set with the other cases of its characters, where case is ignored.
  private func cased(_ range: ScalarSetNode) -> ScalarSetNode {
    guard ignoresCase, case .range(let values) = range, values.count <= 0x400 else { return range }
    var parts = [range]
    for scalar in values.compactMap(Unicode.Scalar.init) {
      let properties = scalar.properties
      for text in [properties.lowercaseMapping, properties.uppercaseMapping]
      where text.unicodeScalars.count == 1 {
        parts += text.unicodeScalars.map { .range($0.value...$0.value) }
      }
      // The characters beyond ASCII that fold to an ASCII letter: a long s and the Kelvin sign.
      if scalar == "s" || scalar == "S" { parts.append(.range(0x17f...0x17f)) }
      if scalar == "k" || scalar == "K" { parts.append(.range(0x212a...0x212a)) }
    }
    return .union(parts)
  }
}
