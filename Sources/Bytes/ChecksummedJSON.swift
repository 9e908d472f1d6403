/// A JSON object on one line whose last member is a checksum of all before it.
///
/// A disk may give back other bytes than it was given. A number that has become another one cannot be told
/// from the right one but by this.
package enum ChecksummedJSON {
  private static let mark = Array(#","checksum":""#.utf8)
  private static let digitCount = 8

  /// Returns the object with its checksum: CRC-32C, eight hexadecimal digits.
  ///
  /// - Precondition: `json` is an object that is not empty, and ends in its brace.
  package static func adding(to json: some Sequence<UInt8>) -> [UInt8] {
    var bytes = Array(json)
    bytes.removeLast()
    let digits = digits(of: bytes[...])
    bytes += mark
    bytes += digits
    bytes += #""}"#.utf8
    return bytes
  }

  /// Returns whether an object is as it was written; one without a checksum, as early versions wrote it,
  /// always is.
  package static func isIntact(_ json: [UInt8]) -> Bool {
    let tail = json.suffix(mark.count + digitCount + 2)
    let isMarked = tail.starts(with: mark)
    let isRight = tail.dropFirst(mark.count).prefix(digitCount).elementsEqual(
      digits(of: json[..<tail.startIndex]))
    // A right one whose mark has changed is damaged too.
    return isMarked == isRight
  }

  private static func digits(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    let digits = String(CRC32C.checksum(bytes), radix: 16)
    return Array((String(repeating: "0", count: digitCount - digits.count) + digits).utf8)
  }
}
