/// A piece of an HTML page.
///
/// Text and attribute values enter it escaped, names and verbatim parts are literals of this
/// package. So whatever a model or a data set says, it cannot leave its element.
struct Markup: Equatable, Sendable {
  /// The piece as it stands in the page.
  private(set) var source = ""

  /// Shows `text` as it is.
  static func text(_ text: String) -> Markup {
    Markup(source: escaped(text))
  }

  /// Takes a literal as HTML, not escaped.
  static func verbatim(_ source: StaticString) -> Markup {
    Markup(source: source.description)
  }

  /// Appends a piece.
  mutating func append(_ other: Markup) {
    source += other.source
  }

  /// Escapes the five characters that mean something to an HTML parser.
  ///
  /// Control characters have no place in a page, not even escaped; each becomes U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where scalar.properties.generalCategory == .control: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// Makes an element with its content.
func element(
  _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
  @MarkupBuilder _ content: () -> Markup = { Markup() }
) -> Markup {
  var source = "<\(name)"
  for (key, value) in attributes { source += " \(key)=\"\(Markup.escaped(value))\"" }
  return Markup(source: source + ">" + content().source + "</\(name)>")
}

/// Lets the content of an element be written as a list of strings and elements.
@resultBuilder
enum MarkupBuilder {
  static func buildExpression(_ text: String) -> Markup { .text(text) }
  static func buildExpression(_ markup: Markup) -> Markup { markup }
  static func buildOptional(_ markup: Markup?) -> Markup { markup ?? Markup() }
  static func buildEither(first markup: Markup) -> Markup { markup }
  static func buildEither(second markup: Markup) -> Markup { markup }
  static func buildBlock(_ parts: Markup...) -> Markup { buildArray(parts) }
  static func buildArray(_ parts: [Markup]) -> Markup {
    parts.reduce(into: Markup()) { $0.append($1) }
  }
}
