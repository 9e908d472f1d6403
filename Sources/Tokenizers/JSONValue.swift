// Small parts of a JSON file as a tree; the large ones are streamed past it.

/// Any JSON value.
indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number as it is spelled.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The member of an object; `null` where there is none.
  subscript(key: String) -> JSONValue {
    if case .object(let members) = self { members[key] ?? .null } else { .null }
  }

  /// The text of a string.
  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The value of a Boolean.
  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The value of a number that is an integer.
  var integer: Int? {
    if case .number(let value) = self { Int(value) } else { nil }
  }

  /// The elements of an array.
  var elements: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// What the value is, in short.
  var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): excerpt(value)
    case .string(let value): excerpt(value)
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): members["type"]?.string.map(excerpt) ?? "an object"
    }
  }
}
