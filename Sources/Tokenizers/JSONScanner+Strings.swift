// Strings of JSON: most are plain text, a few have escape sequences (RFC 8259, section 7).

extension JSONScanner {
  /// Reads a string.
  mutating func string() throws(TokenizerError) -> String {
    guard next == UInt8(ascii: "\"") else { throw failure(expecting: "a string") }
    position += 1
    let start = position
    skipPlainText()
    if next == UInt8(ascii: "\"") {
      defer { _ = skip("\"") }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    return try stringWithEscapes(from: start)
  }

  private mutating func skipPlainText() {
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
  }

  private mutating func stringWithEscapes(from start: Int) throws(TokenizerError) -> String {
    var text = String(decoding: bytes[start..<position], as: UTF8.self)
    while next == UInt8(ascii: "\\") {
      position += 1
      text.unicodeScalars.append(try escapedScalar())
      let plainStart = position
      skipPlainText()
      text += String(decoding: bytes[plainStart..<position], as: UTF8.self)
    }
    guard skip("\"") else { throw failure(expecting: "a printable character or '\"'") }
    return text
  }

  private mutating func escapedScalar() throws(TokenizerError) -> Unicode.Scalar {
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

  private mutating func hexadecimalScalar() throws(TokenizerError) -> Unicode.Scalar {
    let start = position
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // A character beyond U+FFFF is spelled as two UTF-16 surrogates.
    if first < 0xdc00, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
      position += 2
      let second = try hexadecimal()
      let value = 0x10000 + (first - 0xd800) << 10 + second - 0xdc00
      if 0xdc00...0xdfff ~= second, let scalar = Unicode.Scalar(value) { return scalar }
    }
    position = start
    throw failure(expecting: "a Unicode character or a pair of surrogates")
  }

  private mutating func hexadecimal() throws(TokenizerError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure(expecting: "a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
