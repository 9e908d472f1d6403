internal import Foundation

/// Vectors of numbers as Base64 text, for logs and saved states.
enum LittleEndian {
  /// Returns the Base64 of the bytes of `words`, the low byte of each first.
  static func base64<Word: FixedWidthInteger>(_ words: [Word]) -> String {
    Data(
      words.flatMap { word in
        (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
    ).base64EncodedString()
  }

  /// Returns the words whose Base64 is `text`, or `nil` if there is no whole number of them.
  static func words<Word: FixedWidthInteger>(_ text: String, as _: Word.Type) -> [Word]? {
    let width = Word.bitWidth / 8
    guard let data = Data(base64Encoded: text), data.count % width == 0 else { return nil }
    let bytes = [UInt8](data)
    return stride(from: 0, to: bytes.count, by: width).map { start in
      bytes[start..<start + width].reversed().reduce(0) { $0 << 8 | Word($1) }
    }
  }
}
