// Reads JSON (RFC 8259) from bytes, value by value, so that a vocabulary goes straight into its table.
// Foundation would build a tree of the whole file first, which takes many times as long.

/// A position in a JSON file, and the ways to go on from it.
///
/// Nothing is believed: text must be UTF-8, nesting has a limit, and nothing is allocated that the
/// file does not contain.
struct JSONScanner {
  /// The number of arrays and objects that may be open at once.
  static let depthLimit = 64

  private let file: String
  // The file `JSONScanner+Strings` moves on, too.
  let bytes: [UInt8]
  var position = 0
  private var depth = 0

  /// Starts at the first byte of a file, whose name is for error messages.
  init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
    self.bytes = bytes
    self.file = file
    do { _ = try UTF8Span(validating: bytes.span) } catch {
      position = error.byteOffsets.lowerBound
      throw failure(expecting: "UTF-8 text")
    }
    skipSpace()
  }

  /// Checks that nothing follows.
  func finish() throws(TokenizerError) {
    guard position == bytes.count else { throw failure(expecting: "the end of the file") }
  }

  /// The error that something else was expected here.
  func failure(expecting expected: String) -> TokenizerError {
    let found = position < bytes.count ? excerpt(character) : "the end of the file"
    return .malformedJSON(file: file, byteOffset: position, expected: expected, found: found)
  }

  private var character: String {
    let rest = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
    return String(rest.unicodeScalars.prefix(1))
  }

  // MARK: - Bytes

  /// The byte that comes next.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  /// Goes past `character` and the white space after it, if it comes next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    skipSpace()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(TokenizerError) {
    guard skip(character) else { throw failure(expecting: "'\(character)'") }
  }

  private mutating func skip(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    skipSpace()
    return true
  }

  // MARK: - Arrays and objects

  /// Whether an array comes next.
  var isAtArray: Bool { next == UInt8(ascii: "[") }

  /// Reads an object; `body` must read the value of each key it is handed.
  mutating func object(
    _ body: (inout JSONScanner, String) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    try members(from: "{", to: "}") { scanner throws(TokenizerError) in
      let key = try scanner.string()
      try scanner.expect(":")
      try body(&scanner, key)
    }
  }

  /// Reads an array; `body` must read each element, and is handed its index.
  mutating func array(
    _ body: (inout JSONScanner, Int) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    var index = 0
    try members(from: "[", to: "]") { scanner throws(TokenizerError) in
      try body(&scanner, index)
      index += 1
    }
  }

  private mutating func members(
    from opening: Unicode.Scalar, to closing: Unicode.Scalar,
    _ body: (inout JSONScanner) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    guard depth < Self.depthLimit else {
      throw failure(expecting: "at most \(Self.depthLimit) nested arrays and objects")
    }
    try expect(opening)
    depth += 1
    if !skip(closing) {
      repeat { try body(&self) } while skip(",")
      try expect(closing)
    }
    depth -= 1
  }

  // MARK: - Numbers and other values

  /// Reads a number without fraction and exponent that fits into `Int`.
  mutating func integer() throws(TokenizerError) -> Int {
    let start = position
    guard let value = Int(try number()) else {
      position = start
      throw failure(expecting: "an integer")
    }
    return value
  }

  private mutating func number() throws(TokenizerError) -> String {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
    if next == UInt8(ascii: ".") {
      position += 1
      try skipDigits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try skipDigits()
    }
    defer { skipSpace() }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipDigits() throws(TokenizerError) {
    let start = position
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    if position == start { throw failure(expecting: "a digit") }
  }

  /// Reads any value.
  mutating func value() throws(TokenizerError) -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): return .object(try members())
    case UInt8(ascii: "["): return .array(try elements())
    case UInt8(ascii: "\""): return .string(try string())
    default: break
    }
    if skip(word: "null") { return .null }
    if skip(word: "true") { return .bool(true) }
    if skip(word: "false") { return .bool(false) }
    return .number(try number())
  }

  private mutating func members() throws(TokenizerError) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    try object { scanner, key throws(TokenizerError) in members[key] = try scanner.value() }
    return members
  }

  private mutating func elements() throws(TokenizerError) -> [JSONValue] {
    var elements: [JSONValue] = []
    try array { scanner, _ throws(TokenizerError) in elements.append(try scanner.value()) }
    return elements
  }

  /// Goes past any value.
  mutating func skipValue() throws(TokenizerError) {
    switch next {
    case UInt8(ascii: "{"):
      try object { scanner, _ throws(TokenizerError) in try scanner.skipValue() }
    case UInt8(ascii: "["):
      try array { scanner, _ throws(TokenizerError) in try scanner.skipValue() }
    default: _ = try value()
    }
  }
}
