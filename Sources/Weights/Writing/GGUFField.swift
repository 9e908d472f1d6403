public import Bytes

/// A metadata value that ``GGUFWriter`` writes.
public enum GGUFField: Sendable {
  /// A `uint32`.
  case unsigned(UInt32)
  /// A `float32`.
  case float(Float)
  /// A `bool`.
  case bool(Bool)
  /// A `string`.
  case text(String)
  /// An array of `string`.
  case texts([String])
  /// An array of `int32`.
  case integers([Int32])
  /// An array of `float32`.
  case floats([Float])
  /// A value of another file, its type in front, byte for byte.
  case copied(FileSlice)

  /// The value as an `Int`, or `nil` if it is no integer that fits.
  var integer: Int? {
    switch self {
    case .unsigned(let value): return Int(value)
    case .copied(let slice):
      guard let code = slice.file.integer(UInt32.self, at: slice.range.lowerBound) else {
        return nil
      }
      let value = GGUFValueType(rawValue: code)?
        .scalar(in: slice.file, at: slice.range.lowerBound + 4)
      return value?.integer
    case .float, .bool, .text, .texts, .integers, .floats: return nil
    }
  }
}

/// The bytes of a GGUF header, front to back.
struct GGUFHeader {
  private var writer = ByteWriter()

  var bytes: [UInt8] { writer.bytes }

  init() { writer.append("GGUF".utf8) }

  mutating func append(_ key: String, _ value: GGUFField) {
    append(key)
    switch value {
    case .unsigned(let value):
      append(GGUFValueType.uint32.rawValue)
      append(value)
    case .float(let value):
      append(GGUFValueType.float32.rawValue)
      writer.append(value)
    case .bool(let value):
      append(GGUFValueType.bool.rawValue)
      append(value ? 1 : 0 as UInt8)
    case .text(let value):
      append(GGUFValueType.string.rawValue)
      append(value)
    case .texts(let values):
      appendArray(.string, count: values.count)
      for value in values { append(value) }
    case .integers(let values):
      appendArray(.int32, count: values.count)
      for value in values { writer.append(value) }
    case .floats(let values):
      appendArray(.float32, count: values.count)
      for value in values { writer.append(value) }
    case .copied(let slice):
      // SAFETY: the bytes are only read, during the call.
      unsafe slice.bytes.withUnsafeBytes { unsafe writer.append($0) }
    }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    writer.append(text.utf8)
  }

  mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
    writer.append(value)
  }

  mutating func pad(to alignment: Int) {
    writer.append(repeatElement(0, count: (alignment - bytes.count % alignment) % alignment))
  }

  private mutating func appendArray(_ type: GGUFValueType, count: Int) {
    append(GGUFValueType.array.rawValue)
    append(type.rawValue)
    append(UInt64(count))
  }
}
