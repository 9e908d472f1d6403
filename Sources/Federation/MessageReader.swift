internal import Bytes

/// Reads a message of a stranger, in order, never past its end.
///
/// The names of fields are for errors, and only put together for them.
struct MessageReader {
  let kind: MessageKind
  private var reader: ByteReader

  init(_ bytes: ArraySlice<UInt8>, of kind: MessageKind) {
    self.kind = kind
    reader = ByteReader(bytes)
  }

  /// Returns the next `count` bytes.
  mutating func read(
    _ count: Int, _ field: @autoclosure () -> String
  ) throws(MessageError) -> ArraySlice<UInt8> {
    guard let bytes = reader.read(count) else {
      throw error(field(), found: "\(reader.remaining) bytes", expected: "\(count) bytes")
    }
    return bytes
  }

  /// Returns the next unsigned number of `width` bytes; at most 4.
  mutating func readInteger(
    width: Int, _ field: @autoclosure () -> String
  ) throws(MessageError) -> Int {
    Int(littleEndian(try read(width, field())) as UInt32)
  }

  /// Returns the next number of 4 bytes, which must be at least 1.
  mutating func readCount(_ field: String) throws(MessageError) -> Int {
    let count = try readInteger(width: 4, field)
    guard count > 0 else { throw error(field, back: 4, found: "0", expected: "at least 1") }
    return count
  }

  /// Returns the next binary32 number, which must be finite.
  mutating func readFloat(_ field: @autoclosure () -> String) throws(MessageError) -> Float {
    let value = Float(bitPattern: UInt32(try readInteger(width: 4, field())))
    guard value.isFinite else {
      throw error(field(), back: 4, found: "\(value)", expected: "a finite number")
    }
    return value
  }

  /// Returns the next `count` binary32 numbers, which must be finite.
  mutating func readFloats(_ count: Int, _ field: String) throws(MessageError) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for index in 0..<count { values.append(try readFloat("\(field) \(index)")) }
    return values
  }

  /// Throws unless exactly `count` bytes are left.
  ///
  /// Called before anything is allocated for them, so a message cannot ask for more memory than
  /// it has bytes.
  func requireRemaining(_ count: Int, _ field: String) throws(MessageError) {
    guard reader.remaining == count else {
      throw error(field, found: "\(reader.remaining) bytes", expected: "\(count) bytes")
    }
  }

  /// An error about the field that starts `back` bytes before the next one.
  func error(_ field: String, back: Int = 0, found: String, expected: String) -> MessageError {
    MessageError(
      message: kind, offset: reader.offset - back, field: field, found: found, expected: expected)
  }
}
