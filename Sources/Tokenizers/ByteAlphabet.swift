// GPT-2 spells bytes as printable characters, so that its vocabulary is readable text:
// a space is `Ġ`, a line feed `Ċ`. Source: `bytes_to_unicode` of GPT-2 (Radford et al. 2019).

/// The map between bytes and the characters that spell them in a byte-level vocabulary.
enum ByteAlphabet {
  /// The character of each byte; all lie below U+0144.
  private static let scalars: [Unicode.Scalar] = {
    var next: UInt16 = 256
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "\u{FFFD}"
    }
  }()

  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = UInt8(byte) }
    return bytes
  }()

  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: true
    default: false
    }
  }

  /// The spelling of bytes.
  static func spelling(of bytes: some Sequence<UInt8>) -> String {
    var spelling = String.UnicodeScalarView()
    for byte in bytes { spelling.append(scalars[Int(byte)]) }
    return String(spelling)
  }

  /// The bytes that a token spells; a token with any other character stands for its own UTF-8.
  static func bytes(spelledBy token: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else {
        return Array(token)
      }
      result.append(byte)
    }
    return result
  }
}

extension ByteAlphabet {
  /// The token of each byte, -1 where there is none.
  static func tokens(in pieces: PieceTable) -> [Int32] {
    (UInt8.min...UInt8.max).map { pieces.id(of: spelling(of: [$0])) ?? -1 }
  }
}
