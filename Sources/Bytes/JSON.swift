/// A JSON value.
///
/// Of a number, what is kept is the integer or the nearest binary64 number, not how it was spelled;
/// of an object its members, but not their order. No object has a key twice, compared byte by byte.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits an `Int`; `-0` is 0.
  case integer(Int)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSON])
  case object([UTF8Text: JSON])

  /// The value of `key`, or `nil` if this is no object or has no such key.
  public subscript(key: String) -> JSON? {
    if case .object(let members) = self { members[UTF8Text(key)] } else { nil }
  }

  /// The text, or `nil` if this is no string.
  ///
  /// To compare it with another, see ``text``.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The text, for comparisons in linear time, or `nil` if this is no string.
  public var text: UTF8Text? { string.map { UTF8Text($0) } }

  /// The truth value, or `nil` if this is none.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The integer, or `nil` if this is none that fits an `Int`.
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The number, or `nil` if this is none.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The elements, or `nil` if this is no array.
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }

  /// The members, or `nil` if this is no object.
  public var object: [UTF8Text: JSON]? { if case .object(let value) = self { value } else { nil } }

  /// What the value is, in a few words for an error.
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): quoted(value)
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): "an object of \(members.count) keys"
    }
  }
}

extension JSON {
  /// Creates an object.
  package init(members: [String: JSON]) {
    self = .object(Dictionary(uniqueKeysWithValues: members.map { (UTF8Text($0.key), $0.value) }))
  }

  /// Reads the JSON text in `bytes`; `JSONReader` says what it accepts.
  ///
  /// - Throws: `JSONError` if it is not JSON, or beyond the limits.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, valueLimit: Int = JSONReader.valueLimit,
    allowsManyMarks: Bool = false
  ) throws(JSONError) -> JSON {
    var reader = try JSONReader(bytes)
    reader.allowsManyMarks = allowsManyMarks
    let value = try reader.value(valueLimit: valueLimit)
    try reader.finish()
    return value
  }

  /// Throws if a JSON text is beyond what Foundation's decoder takes in proportion.
  ///
  /// It recurses without end into what nests, takes quadratic time to hash or compare texts of
  /// combining marks, and some 50 bytes for each value. What is no JSON it refuses itself.
  package static func checkForDecoder(
    _ bytes: ArraySlice<UInt8>, valueLimit: Int = 1 << 21
  ) throws(JSONError) {
    do throws(JSONError) {
      var reader = try JSONReader(bytes)
      try reader.skipValue(keyLimit: 256, valueLimit: valueLimit)
    } catch {
      guard ![.malformed, .truncated].contains(error.kind) else { return }
      throw error
    }
  }

  /// Reads the JSON text in `slice`.
  ///
  /// - Throws: ``FormatError`` that names the byte of the file, if it is not JSON or beyond the limits.
  package static func parse(_ slice: FileSlice) throws(FormatError) -> JSON {
    try slice.readJSON { reader throws(JSONError) in try reader.value() }
  }
}

extension FileSlice {
  /// Calls `body` with a reader of the JSON text in the slice, which `body` reads to its end.
  ///
  /// - Throws: ``FormatError`` that names the byte of the file, where `body` throws or leaves something.
  package func readJSON<Value>(
    _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(FormatError) -> Value {
    // SAFETY: the bytes are copied during the call.
    let bytes = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    do throws(JSONError) {
      var reader = try JSONReader(bytes[...])
      let value = try body(&reader)
      try reader.finish()
      return value
    } catch { throw FormatError(error, in: self, bytes) }
  }
}

extension FormatError {
  fileprivate init(_ error: JSONError, in slice: FileSlice, _ bytes: [UInt8]) {
    let found = error.found.map {
      bytes[error.offset] < 0x80 ? quoted($0) : "byte \(bytes[error.offset])"
    }
    self.init(
      path: slice.file.path, kind: error.kind == .truncated ? .truncated : .malformed,
      place: "byte \(slice.range.lowerBound + error.offset)",
      found: found ?? "the end of the text", expected: error.expected)
  }
}
