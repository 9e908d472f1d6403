/// A recursive-descent parser of JSON (RFC 8259) with a limit on depth.
struct JSONParser {
  private let file: MappedFile
  private let end: Int
  private var offset: Int

  private static let deepest = 64

  init(_ slice: FileSlice) {
    file = slice.file
    offset = slice.range.lowerBound
    end = slice.range.upperBound
  }

  mutating func document() throws(FormatError) -> JSON {
    let value = try value(depth: 1)
    skipSpace()
    guard offset == end else { throw unexpected("the end of the text") }
    return value
  }

  private var byte: UInt8? { offset < end ? file.integer(at: offset) : nil }

  private func unexpected(_ expected: String) -> FormatError {
    let found =
      byte.map { $0 < 0x80 ? Character(Unicode.Scalar($0)).debugDescription : "byte \($0)" }
    return FormatError(
      path: file.path, kind: found == nil ? .truncated : .malformed, place: "byte \(offset)",
      found: found ?? "the end of the text", expected: expected)
  }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let byte, UInt32(byte) == character.value else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ text: String) throws(FormatError) {
    for character in text.unicodeScalars where !skip(character) {
      throw unexpected(text.debugDescription)
    }
  }

  private mutating func value(depth: Int) throws(FormatError) -> JSON {
    guard depth <= Self.deepest else { throw unexpected("at most \(Self.deepest) nested values") }
    skipSpace()
    switch byte.map({ Character(Unicode.Scalar($0)) }) {
    case "{": return .object(try object(depth: depth))
    case "[": return .array(try array(depth: depth))
    case "\"": return .string(try string())
    case "t": return try literal("true", .bool(true))
    case "f": return try literal("false", .bool(false))
    case "n": return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func literal(_ text: String, _ value: JSON) throws(FormatError) -> JSON {
    try expect(text)
    return value
  }

  private mutating func object(depth: Int) throws(FormatError) -> [String: JSON] {
    offset += 1
    var members: [String: JSON] = [:]
    skipSpace()
    if skip("}") { return members }
    repeat {
      skipSpace()
      guard byte == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let start = offset
      let key = try string()
      skipSpace()
      try expect(":")
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw FormatError(
          path: file.path, kind: .malformed, place: "byte \(start)",
          found: "key \(quoted(key)) a second time", expected: "distinct keys")
      }
      skipSpace()
    } while skip(",")
    guard skip("}") else { throw unexpected("\",\" or \"}\"") }
    return members
  }

  private mutating func array(depth: Int) throws(FormatError) -> [JSON] {
    offset += 1
    var elements: [JSON] = []
    skipSpace()
    if skip("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(",")
    guard skip("]") else { throw unexpected("\",\" or \"]\"") }
    return elements
  }
}

// Strings and numbers.
extension JSONParser {
  private mutating func string() throws(FormatError) -> String {
    let start = offset
    offset += 1
    var utf8: [UInt8] = []
    while let byte, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw unexpected("an escape for a control character") }
      if byte == UInt8(ascii: "\\") {
        utf8.append(contentsOf: String(try escape()).utf8)
      } else {
        utf8.append(byte)
        offset += 1
      }
    }
    guard skip("\"") else { throw unexpected("a closing quote") }
    guard let string = String(validating: utf8, as: UTF8.self) else {
      throw FormatError(
        path: file.path, kind: .malformed, place: "byte \(start)",
        found: "a string that is not UTF-8", expected: "UTF-8 text")
    }
    return string
  }

  private mutating func escape() throws(FormatError) -> Unicode.Scalar {
    offset += 1
    guard let byte else { throw unexpected("an escape") }
    let escapes: [Character: Unicode.Scalar] = [
      "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
    ]
    if byte == UInt8(ascii: "u") { return try unicodeEscape() }
    guard let scalar = escapes[Character(Unicode.Scalar(byte))] else {
      throw unexpected("one of \"\\/bfnrtu")
    }
    offset += 1
    return scalar
  }

  /// Reads `uXXXX`, or a surrogate pair `uXXXX\uXXXX`.
  private mutating func unicodeEscape() throws(FormatError) -> Unicode.Scalar {
    let high = try hexadecimalUnit()
    guard (0xD800..<0xDC00).contains(high) else {
      guard let scalar = Unicode.Scalar(high) else { throw unexpected("a high surrogate before") }
      return scalar
    }
    try expect("\\")
    let low = try hexadecimalUnit()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw unexpected("a low surrogate before") }
    return scalar
  }

  private mutating func hexadecimalUnit() throws(FormatError) -> UInt32 {
    try expect("u")
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      unit = unit << 4 | UInt32(digit)
      offset += 1
    }
    return unit
  }

  private mutating func digits() throws(FormatError) -> String {
    var text = ""
    while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      text.unicodeScalars.append(Unicode.Scalar(byte))
      offset += 1
    }
    guard !text.isEmpty else { throw unexpected("a JSON value") }
    return text
  }

  private mutating func number() throws(FormatError) -> JSON {
    let start = offset
    var text = skip("-") ? "-" : ""
    let whole = try digits()
    guard whole == "0" || !whole.hasPrefix("0") else {
      offset = start
      throw unexpected("a number without leading zeros")
    }
    text += whole
    var isInteger = true
    if skip(".") {
      isInteger = false
      text += "." + (try digits())
    }
    if skip("e") || skip("E") {
      isInteger = false
      text += "e" + (skip("-") ? "-" : skip("+") ? "+" : "") + (try digits())
    }
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      offset = start
      throw unexpected("a number in the range of binary64")
    }
    return .number(number)
  }
}
