// `tojson` as `transformers` has it: `json.dumps` of Python without escapes beyond ASCII.

extension TemplateRenderer {
  /// Returns the JSON text of a value.
  func json(
    _ value: TemplateValue, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateText {
    var style = JSONStyle()
    if let width = arguments["indent"] ?? arguments.values.dropFirst(1).first {
      if let width = width.integer {
        style.indent = String(repeating: " ", count: min(max(width, 0), 100))
      } else if case .text(let text) = width {
        style.indent = text.string
      }
    }
    style.isASCII = (arguments["ensure_ascii"] ?? arguments.values.first)?.isTrue ?? false
    style.isSorted = arguments["sort_keys"]?.isTrue ?? false
    if style.indent != nil { style.separators.0 = "," }
    if case .list(let parts)? = arguments["separators"], parts.count == 2 {
      style.separators = (parts[0].printed.string, parts[1].printed.string)
    }
    var length = 0
    return try json(value, style, depth: 0, &length)
  }

  private struct JSONStyle {
    var indent: String?
    var isASCII = false
    var isSorted = false
    var separators = (", ", ": ")
  }

  /// - Parameter length: What has been written before, to which what is new is added.
  private func json(
    _ value: TemplateValue, _ style: JSONStyle, depth: Int, _ length: inout Int
  ) throws(ChatTemplateError) -> TemplateText {
    switch value {
    case .none: return TemplateText("null")
    case .bool(let value): return TemplateText(value ? "true" : "false")
    case .integer, .float: return value.printed
    case .text(let text): return quoted(text, style)
    case .list(let elements):
      try count(elements.count, style, depth, &length)
      var parts: [TemplateText] = []
      for element in elements {
        parts.append(try json(element, style, depth: depth + 1, &length))
      }
      return wrapped(parts, "[", "]", style, depth)
    case .dictionary(let dictionary):
      let pairs =
        style.isSorted
        ? dictionary.pairs.sorted { $0.key < $1.key } : dictionary.pairs
      try count(pairs.count, style, depth, &length)
      var parts: [TemplateText] = []
      for pair in pairs {
        let value = try json(pair.value, style, depth: depth + 1, &length)
        parts.append(quoted(pair.key, style) + TemplateText(style.separators.1) + value)
      }
      return wrapped(parts, "{", "}", style, depth)
    case .undefined, .namespace, .macro, .function:
      throw failure("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  /// Counts what stands between `count` parts, which may be a long text each time.
  private func count(
    _ count: Int, _ style: JSONStyle, _ depth: Int, _ length: inout Int
  ) throws(ChatTemplateError) {
    let between =
      style.separators.0.unicodeScalars.count + style.separators.1.unicodeScalars.count
      + (depth + 1) * (style.indent ?? "").unicodeScalars.count
    length += (count + 1) * between
    try checked(length: length)
  }

  private func wrapped(
    _ parts: [TemplateText], _ opening: String, _ closing: String, _ style: JSONStyle, _ depth: Int
  ) -> TemplateText {
    guard let indent = style.indent, !parts.isEmpty else {
      return TemplateValue.joined(parts, opening, closing, separator: style.separators.0)
    }
    let inner = "\n" + String(repeating: indent, count: depth + 1)
    let outer = "\n" + String(repeating: indent, count: depth)
    return TemplateValue.joined(
      parts, opening + inner, outer + closing, separator: style.separators.0 + inner)
  }

  private func quoted(_ text: TemplateText, _ style: JSONStyle) -> TemplateText {
    TemplateText("\"")
      + text.mapped { scalar in
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{8}": return "\\b"
        case "\u{c}": return "\\f"
        default:
          guard scalar.value < 0x20 || style.isASCII && scalar.value > 0x7e else {
            return String(scalar)
          }
          return String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          }.joined()
        }
      } + TemplateText("\"")
  }
}
