internal import Bytes

/// A message of Protocol Buffers on its way: fields in the order in which they are added.
///
/// Source: "Encoding" of protobuf.dev.
package struct Message {
  /// What has been written.
  package private(set) var bytes: [UInt8] = []

  /// Creates a message without fields.
  package init() {}

  /// How a value follows its field's number.
  private enum Wire: UInt64 { case varint = 0, fixed64 = 1, length = 2, fixed32 = 5 }

  /// Returns the message with a field of type `int64` or an enumeration.
  package func integer(_ field: Int, _ value: Int) -> Message {
    adding(field, .varint, Self.varint(UInt64(bitPattern: Int64(value))))
  }

  /// Returns the message with a field of type `double`.
  package func double(_ field: Int, _ value: Double) -> Message {
    var content = ByteWriter()
    content.append(value)
    return adding(field, .fixed64, content.bytes)
  }

  /// Returns the message with a field of type `float`.
  package func float(_ field: Int, _ value: Float) -> Message {
    var content = ByteWriter()
    content.append(value)
    return adding(field, .fixed32, content.bytes)
  }

  /// Returns the message with a field of type `string`.
  package func string(_ field: Int, _ text: String) -> Message {
    adding(field, .length, Self.varint(UInt64(text.utf8.count)) + Array(text.utf8))
  }

  /// Returns the message with a field that is a message.
  package func message(_ field: Int, _ message: Message) -> Message {
    adding(field, .length, Self.varint(UInt64(message.bytes.count)) + message.bytes)
  }

  private func adding(_ field: Int, _ wire: Wire, _ content: [UInt8]) -> Message {
    var result = self
    result.bytes += Self.varint(UInt64(field) << 3 | wire.rawValue) + content
    return result
  }

  /// Seven bits a byte, the lowest first; all but the last byte have their highest bit set.
  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
