// Strings of JSON: most are plain text, a few have escape sequences (RFC 8259, section 7).

extension JSONReader {
  /// Reads a string.
  package mutating func string() throws(JSONError) -> String {
    guard next == UInt8(ascii: "\"") else { throw failure(expecting: "a string") }
    position += 1
    let start = position
    skipPlainText()
    if next == UInt8(ascii: "\"") {
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      _ = skip("\"")
      return try checked(text, at: start)
    }
    return try checked(stringWithEscapes(from: start), at: start)
  }

  private func checked(_ text: String, at place: Int) throws(JSONError) -> String {
    if allowsManyMarks || !UTF8Text(text).hasTooManyMarks { return text }
    throw failure(at: place, found: text, expecting: UTF8Text.fewMarks, .tooManyMarks)
  }

  /// Goes past a string.
  mutating func skipString() throws(JSONError) {
    let start = position
    position += 1
    skipPlainText()
    if position - start <= UTF8Text.marksLimit, skip("\"") { return }
    // One that is long or has escape sequences is checked by reading it.
    position = start
    _ = try string()
  }

  private mutating func skipPlainText() {
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
  }

  private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
    var utf8 = Array(bytes[start..<position])
    while next == UInt8(ascii: "\\") {
      position += 1
      utf8.append(contentsOf: String(try escapedScalar()).utf8)
      let plainStart = position
      skipPlainText()
      utf8.append(contentsOf: bytes[plainStart..<position])
    }
    guard skip("\"") else { throw failure(expecting: "a printable character or '\"'") }
    return String(decoding: utf8, as: UTF8.self)
  }

  private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
    guard let letter = next else { throw failure(expecting: "an escape sequence") }
    let simple: Unicode.Scalar? =
      switch letter {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
      case UInt8(ascii: "b"): "\u{8}"
      case UInt8(ascii: "f"): "\u{c}"
      case UInt8(ascii: "n"): "\n"
      case UInt8(ascii: "r"): "\r"
      case UInt8(ascii: "t"): "\t"
      case UInt8(ascii: "u"): nil
      default: throw failure(expecting: "an escape sequence")
      }
    position += 1
    if let simple { return simple }
    return try hexadecimalScalar()
  }

  private mutating func hexadecimalScalar() throws(JSONError) -> Unicode.Scalar {
    let start = position
    let first = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // A character beyond U+FFFF is spelled as two UTF-16 surrogates.
    if first < 0xdc00, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      position += 2
      let second = try hexadecimalUnit()
      let value = 0x10000 + (first - 0xd800) << 10 + second &- 0xdc00
      if 0xdc00...0xdfff ~= second, let scalar = Unicode.Scalar(value) { return scalar }
    }
    throw failure(
      at: start, found: nil, expecting: "a Unicode character or a pair of surrogates")
  }

  private mutating func hexadecimalUnit() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap(hexadecimalValue) else {
        throw failure(expecting: "a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
