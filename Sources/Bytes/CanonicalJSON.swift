/// JSON text of one form only, so that equal values are equal bytes.
///
/// Foundation's encoder leaves open how it sorts keys and writes numbers.
package enum CanonicalJSON {
  /// Returns the object of `members`, JSON texts by key: sorted by the bytes of the keys, no spaces.
  package static func object(_ members: [String: String]) -> String {
    let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return "{" + sorted.map { "\(string($0.key)):\($0.value)" }.joined(separator: ",") + "}"
  }

  /// Returns `text` in quotes; only what JSON forbids in a string is escaped.
  package static func string(_ text: String) -> String {
    "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": "\\\""
    case "\\": "\\\\"
    case "\u{8}": "\\b"
    case "\u{C}": "\\f"
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case "\0"..<" ": "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: String(scalar)
    }
  }
}

extension JSON {
  /// The value as canonical text on one line.
  ///
  /// Numbers have the fewest digits that read back as the same value; those that are not finite, which JSON
  /// does not have, are `null`.
  ///
  /// - Complexity: O(characters), and what sorting keys takes.
  package var canonical: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): CanonicalJSON.string(value)
    case .array(let elements): "[" + elements.map(\.canonical).joined(separator: ",") + "]"
    case .object(let members):
      CanonicalJSON.object(
        Dictionary(
          members.map { ($0.key.string, $0.value.canonical) },
          uniquingKeysWith: { first, _ in first }))
    }
  }
}
