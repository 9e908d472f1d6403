public import Bytes

/// A metadata value of a GGUF file.
public enum GGUFValue: Sendable {
  /// A `uint8`, `uint16`, `uint32` or `uint64`.
  case unsigned(UInt64)
  /// An `int8`, `int16`, `int32` or `int64`.
  case signed(Int64)
  /// A `float32` (exact in a `Double`) or `float64`.
  case float(Double)
  /// A `bool`.
  case bool(Bool)
  /// A `string`.
  case string(String)
  /// An array, which stays in the file.
  case array(GGUFArray)
}

/// An array in the metadata of a GGUF file, decoded only when it is read.
public struct GGUFArray: Sendable {
  let elementType: GGUFValueType

  /// The number of elements.
  public let count: Int

  /// The encoded elements.
  let slice: FileSlice

  /// The strings in order, as slices of the file, or `nil` if the elements are not strings.
  ///
  /// Nothing is copied, and UTF-8 is not checked: see ``FileSlice/string``.
  public func strings() -> GGUFStrings? {
    elementType == .string ? GGUFStrings(count: count, slice: slice) : nil
  }

  /// Returns the elements as integers, or `nil` if they are not integers that fit an `Int`.
  ///
  /// - Complexity: O(`count`).
  public func integers() -> [Int]? {
    guard let width = elementType.byteCount else { return nil }
    var result: [Int] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      guard
        let value = elementType.scalar(in: slice.file, at: slice.range.lowerBound + index * width),
        let integer = value.integer
      else { return nil }
      result.append(integer)
    }
    return result
  }

  /// Returns the elements as numbers, or `nil` if they are not floating-point numbers.
  ///
  /// - Complexity: O(`count`).
  public func floats() -> [Double]? {
    guard let width = elementType.byteCount else { return nil }
    var result: [Double] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      let offset = slice.range.lowerBound + index * width
      guard case .float(let value)? = elementType.scalar(in: slice.file, at: offset) else {
        return nil
      }
      result.append(value)
    }
    return result
  }
}

/// The strings of a metadata array, in order, as slices of the file.
public struct GGUFStrings: Sequence, IteratorProtocol, Sendable {
  private var remaining: Int
  private var offset: Int
  private let file: MappedFile

  init(count: Int, slice: FileSlice) {
    remaining = count
    offset = slice.range.lowerBound
    file = slice.file
  }

  /// The number of strings left.
  public var underestimatedCount: Int { remaining }

  /// Returns the next string, or `nil` after the last.
  public mutating func next() -> FileSlice? {
    // The lengths were checked when the file was opened; a file that changed since only ends early.
    guard remaining > 0, let length = file.integer(UInt64.self, at: offset),
      length <= UInt64(file.byteCount - offset - 8)
    else { return nil }
    let start = offset + 8
    offset = start + Int(length)
    remaining -= 1
    return FileSlice(file, start..<offset)
  }
}

extension GGUFValue {
  /// The value as an `Int`, or `nil` if it is not an integer that fits.
  package var integer: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    case .float, .bool, .string, .array: nil
    }
  }
}

/// The types of metadata values, by their number in the file.
enum GGUFValueType: UInt32 {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
  case float64

  /// The size of a value, or `nil` for strings and arrays.
  var byteCount: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// The fewest bytes a value can take.
  var leastByteCount: Int { byteCount ?? (self == .string ? 8 : 12) }

  /// Returns the number or truth value at `offset`, or `nil` past the end of the file or for strings
  /// and arrays.
  func scalar(in file: MappedFile, at offset: Int) -> GGUFValue? {
    switch self {
    case .uint8: file.integer(UInt8.self, at: offset).map { .unsigned(UInt64($0)) }
    case .uint16: file.integer(UInt16.self, at: offset).map { .unsigned(UInt64($0)) }
    case .uint32: file.integer(UInt32.self, at: offset).map { .unsigned(UInt64($0)) }
    case .uint64: file.integer(UInt64.self, at: offset).map { .unsigned($0) }
    case .int8: file.integer(Int8.self, at: offset).map { .signed(Int64($0)) }
    case .int16: file.integer(Int16.self, at: offset).map { .signed(Int64($0)) }
    case .int32: file.integer(Int32.self, at: offset).map { .signed(Int64($0)) }
    case .int64: file.integer(Int64.self, at: offset).map { .signed($0) }
    case .float32: file.integer(at: offset).map { .float(Double(Float(bitPattern: $0))) }
    case .float64: file.integer(at: offset).map { .float(Double(bitPattern: $0)) }
    case .bool: file.integer(UInt8.self, at: offset).map { .bool($0 != 0) }
    case .string, .array: nil
    }
  }
}
