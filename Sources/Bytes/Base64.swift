internal import Foundation

/// Vectors of little-endian numbers as Base64 text, for logs and saved states.
package enum Base64 {
  /// Returns the Base64 of the bytes of `words`, the low byte of each first.
  package static func text(_ words: [some FixedWidthInteger]) -> String {
    var writer = ByteWriter()
    for word in words { writer.append(word) }
    return Data(writer.bytes).base64EncodedString()
  }

  /// Returns the words whose Base64 is `text`, or `nil` if there is no whole number of them.
  package static func words<Word: FixedWidthInteger & UnsignedInteger>(
    _ text: String, as _: Word.Type = Word.self
  ) -> [Word]? {
    guard let data = Data(base64Encoded: text), data.count % MemoryLayout<Word>.size == 0
    else { return nil }
    var reader = ByteReader([UInt8](data)[...])
    return (0..<data.count / MemoryLayout<Word>.size).compactMap { _ in reader.read() }
  }

  /// Returns the bytes whose Base64 is `text`, or `nil` if it is none.
  package static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for byte in text where byte != UInt8(ascii: "=") {
      guard let value = value(of: byte) else { return nil }
      bits = bits << 6 | value
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
    return bytes
  }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
