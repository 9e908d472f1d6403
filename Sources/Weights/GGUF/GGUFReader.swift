internal import Bytes

/// Reads the header of a GGUF file, front to back.
///
/// Every count is compared with the bytes left before anything is allocated or walked.
struct GGUFReader {
  let file: MappedFile
  private(set) var offset = 0

  /// The longest key that the format allows.
  private static let longestKey = 65535
  private static let deepestArray = 4

  init(_ file: MappedFile) { self.file = file }

  func error(
    _ kind: FormatError.Kind, _ place: String, found: String, expected: String
  ) -> FormatError {
    FormatError(path: file.path, kind: kind, place: place, found: found, expected: expected)
  }

  private func truncated(_ place: String, needed: String) -> FormatError {
    error(
      .truncated, place, found: "\(file.byteCount - offset) bytes up to the end of the file",
      expected: needed)
  }

  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _ place: String, as type: T.Type = T.self
  ) throws(FormatError) -> T {
    guard let value = file.integer(T.self, at: offset) else {
      throw truncated(place, needed: "\(MemoryLayout<T>.size) bytes")
    }
    offset += MemoryLayout<T>.size
    return value
  }

  /// Reads a count of things that take at least `bytesEach` bytes each.
  mutating func count(_ place: String, bytesEach: Int) throws(FormatError) -> Int {
    let value: UInt64 = try integer(place)
    guard value <= UInt64((file.byteCount - offset) / bytesEach) else {
      throw truncated(place, needed: "\(value) items of \(bytesEach) bytes or more")
    }
    return Int(value)
  }

  /// Reads a length and skips that many bytes.
  mutating func slice(_ place: String) throws(FormatError) -> FileSlice {
    let length = try count(place, bytesEach: 1)
    defer { offset += length }
    return FileSlice(file, offset..<offset + length)
  }

  mutating func string(_ place: String) throws(FormatError) -> String {
    let slice = try slice(place)
    guard let string = slice.string else {
      throw error(
        .malformed, place, found: "bytes \(slice.range) that are not UTF-8", expected: "UTF-8 text")
    }
    guard !UTF8Text(string).hasTooManyMarks else {
      throw error(.malformed, place, found: quoted(string), expected: UTF8Text.fewMarks)
    }
    return string
  }

  /// Reads the name of a key or tensor.
  mutating func name(
    _ place: String, limit: Int = Self.longestKey
  ) throws(FormatError) -> String {
    let name = try string(place)
    guard name.utf8.count <= limit else {
      throw error(
        .malformed, place, found: "\(name.utf8.count) bytes", expected: "at most \(limit)")
    }
    return name
  }

  mutating func value(_ place: String) throws(FormatError) -> GGUFValue {
    let type = try valueType(place)
    switch type {
    case .string: return .string(try string(place))
    case .array: return .array(try array(place, depth: 1))
    default:
      guard let width = type.byteCount, let value = type.scalar(in: file, at: offset) else {
        throw truncated(place, needed: "a value of type \(type)")
      }
      offset += width
      return value
    }
  }

  private mutating func valueType(_ place: String) throws(FormatError) -> GGUFValueType {
    let code: UInt32 = try integer(place)
    guard let type = GGUFValueType(rawValue: code) else {
      throw error(.malformed, place, found: "value type \(code)", expected: "a type from 0 to 12")
    }
    return type
  }

  private mutating func array(_ place: String, depth: Int) throws(FormatError) -> GGUFArray {
    guard depth <= Self.deepestArray else {
      throw error(
        .malformed, place, found: "arrays nested \(depth) deep",
        expected: "at most \(Self.deepestArray)")
    }
    let type = try valueType(place)
    let count = try count(place, bytesEach: type.leastByteCount)
    let start = offset
    if let width = type.byteCount {
      offset += count * width
    } else {
      for _ in 0..<count {
        if type == .string {
          _ = try slice(place)
        } else {
          _ = try array(place, depth: depth + 1)
        }
      }
    }
    return GGUFArray(
      elementType: type, count: count, slice: FileSlice(file, start..<offset))
  }
}
