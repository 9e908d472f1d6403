/// A JSON value.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits an `Int`.
  case integer(Int)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// The value of `key`, or `nil` if this is no object or has no such key.
  public subscript(key: String) -> JSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// The text, or `nil` if this is no string.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

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
  public var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }

  /// Reads the JSON text in `slice`.
  ///
  /// - Throws: ``FormatError`` if it is not JSON (RFC 8259), nests deeper than 64 values, or has an
  ///   object with a key twice.
  package static func parse(_ slice: FileSlice) throws(FormatError) -> JSON {
    var parser = JSONParser(slice)
    return try parser.document()
  }
}
