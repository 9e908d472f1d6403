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
}
