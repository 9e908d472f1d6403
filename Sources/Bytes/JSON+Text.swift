extension JSON {
  /// The value as text in lines, with the keys in order.
  ///
  /// A number that is no integer has a fraction or an exponent even if it is whole: other programs refuse
  /// `5` where they expect `5.0`.
  package var lines: String { text(after: "\n") }

  /// - Parameter lineBreak: What begins a line of the place where the value stands.
  private func text(after lineBreak: String) -> String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): CanonicalJSON.string(value)
    case .array(let elements):
      "[" + elements.map { $0.text(after: lineBreak) }.joined(separator: ", ") + "]"
    case .object(let members): Self.text(members, after: lineBreak)
    }
  }

  private static func text(_ members: [UTF8Text: JSON], after lineBreak: String) -> String {
    guard !members.isEmpty else { return "{}" }
    let inner = lineBreak + "  "
    let lines = members.map { (key: $0.key.string, value: $0.value.text(after: inner)) }
      .sorted { $0.key < $1.key }.map { "\(inner)\(CanonicalJSON.string($0.key)): \($0.value)" }
    return "{" + lines.joined(separator: ",") + lineBreak + "}"
  }
}
