// The values of templates: those of Python, as far as templates use them.

/// A value.
enum TemplateValue: Sendable {
  /// What has no value; the name is for error messages.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case text(TemplateText)
  case list([TemplateValue])
  case dictionary(TemplateDictionary)
  /// A dictionary that `set` may change from inside of a loop, by the place where it is kept.
  case namespace(Int)
  case macro(TemplateMacro)
  /// A function of the environment, by name.
  case function(String)

  static func text(_ text: String) -> TemplateValue { .text(TemplateText(text)) }

  /// Whether Python takes the value for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .text(let text): text.count > 0
    case .list(let elements): !elements.isEmpty
    case .dictionary(let dictionary): !dictionary.pairs.isEmpty
    case .namespace, .macro, .function: true
    }
  }

  /// Whether the value is a list or a dictionary.
  var holdsOthers: Bool {
    switch self {
    case .list, .dictionary: true
    default: false
    }
  }

  /// How many parts a text or a list has.
  var length: Int {
    switch self {
    case .text(let text): text.count
    case .list(let elements): elements.count
    case .dictionary(let dictionary): dictionary.pairs.count
    default: 0
    }
  }

  /// The number of characters and values, all that is inside included; counted no further than some
  /// beyond `limit`.
  func size(limit: Int) -> Int {
    switch self {
    case .text(let text): return 1 + text.count
    case .list(let elements): return Self.size(elements, limit)
    case .dictionary(let dictionary):
      return dictionary.pairs.reduce(0) { $0 + $1.key.count }
        + Self.size(dictionary.pairs.map(\.value), limit)
    default: return 1
    }
  }

  private static func size(_ values: [TemplateValue], _ limit: Int) -> Int {
    var size = 1
    for value in values where size <= limit { size += value.size(limit: limit - size) }
    return size
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// The number, for arithmetic between kinds.
  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The integer; truth values are 0 and 1.
  var integer: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  /// The name of Python's type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .text: "str"
    case .list: "list"
    case .dictionary: "dict"
    case .namespace: "Namespace"
    case .macro, .function: "function"
    }
  }
}

extension TemplateValue: Equatable {
  /// Returns whether Python takes both for equal.
  static func == (first: TemplateValue, second: TemplateValue) -> Bool {
    if let first = first.number, let second = second.number { return first == second }
    return switch (first, second) {
    case (.undefined, .undefined), (.none, .none): true
    case (.text(let first), .text(let second)): first == second
    case (.list(let first), .list(let second)): first == second
    case (.dictionary(let first), .dictionary(let second)): first == second
    case (.namespace(let first), .namespace(let second)): first == second
    case (.function(let first), .function(let second)): first == second
    default: false
    }
  }
}

/// A dictionary, whose keys are texts in the order in which they came.
struct TemplateDictionary: Equatable, Sendable {
  private(set) var pairs: [(key: TemplateText, value: TemplateValue)] = []
  private var places: [TemplateText: Int] = [:]

  subscript(key: String) -> TemplateValue? {
    get { self[TemplateText(key)] }
    set { if let newValue { set(TemplateText(key), newValue) } }
  }

  subscript(key: TemplateText) -> TemplateValue? { places[key].map { pairs[$0].value } }

  mutating func set(_ key: TemplateText, _ value: TemplateValue) {
    if let place = places[key] {
      pairs[place].value = value
    } else {
      places[key] = pairs.count
      pairs.append((key, value))
    }
  }

  static func == (first: TemplateDictionary, second: TemplateDictionary) -> Bool {
    first.pairs.count == second.pairs.count
      && first.pairs.allSatisfy { second[$0.key] == $0.value }
  }
}

/// A macro: its body is looked up by the place where its template keeps it.
struct TemplateMacro: Sendable {
  let name: String
  let parameters: [(name: String, fallback: TemplateExpression?)]
  let body: [TemplateNode]
}

// MARK: - Text of values

extension TemplateValue {
  /// What `str` of Python gives.
  var printed: TemplateText {
    switch self {
    case .text(let text): text
    case .undefined: TemplateText()
    default: represented
    }
  }

  /// What `repr` of Python gives.
  var represented: TemplateText {
    switch self {
    case .undefined: TemplateText("Undefined")
    case .none: TemplateText("None")
    case .bool(let value): TemplateText(value ? "True" : "False")
    case .integer(let value): TemplateText("\(value)")
    case .float(let value): TemplateText(Self.text(of: value))
    case .text(let text): Self.quoted(text)
    case .list(let elements):
      Self.joined(elements.map(\.represented), "[", "]")
    case .dictionary(let dictionary):
      Self.joined(
        dictionary.pairs.map { Self.quoted($0.key) + TemplateText(": ") + $0.value.represented },
        "{", "}")
    case .namespace: TemplateText("<Namespace>")
    case .macro(let macro): TemplateText("<Macro '\(macro.name)'>")
    case .function(let name): TemplateText("<function \(name)>")
    }
  }

  static func joined(
    _ parts: [TemplateText], _ opening: String, _ closing: String, separator: String = ", "
  ) -> TemplateText {
    var result = TemplateText(opening)
    for (index, part) in parts.enumerated() {
      if index > 0 { result.append(TemplateText(separator)) }
      result.append(part)
    }
    return result + TemplateText(closing)
  }

  /// A number as Python writes it.
  static func text(of value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return "\(value)"
  }

  private static func quoted(_ text: TemplateText) -> TemplateText {
    let string = text.string
    let quote = string.contains("'") && !string.contains("\"") ? "\"" : "'"
    return TemplateText(quote)
      + text.mapped { scalar in
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\\": "\\\\"
        case "'" where quote == "'": "\\'"
        default: String(scalar)
        }
      } + TemplateText(quote)
  }
}
