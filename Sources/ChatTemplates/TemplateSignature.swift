/// Which arguments are read of something that a template calls.
///
/// Others are refused by name: left out without a word they would make another text than the
/// template's author meant.
struct TemplateSignature {
  /// The number of arguments that may stand without a name.
  let placeCount: Int
  /// The names that arguments may have; `nil` if any.
  let names: Set<String>?

  private init(_ placeCount: Int, _ names: Set<String>?) {
    self.placeCount = placeCount
    self.names = names
  }

  /// So many arguments without names.
  private static func places(_ count: Int) -> TemplateSignature { .init(count, []) }

  /// Arguments with or without these names, in this order, and some that need theirs.
  private static func named(_ names: String..., only others: String...) -> TemplateSignature {
    .init(names.count, Set(names + others))
  }

  /// Those of filters; what `map` has beside an attribute is its filter's.
  static let filters = table(
    [
      "default": .named("default_value", "boolean"), "d": .named("default_value", "boolean"),
      "tojson": .named("ensure_ascii", "indent", only: "separators", "sort_keys"),
      "int": .named("default"), "float": .named("default"), "trim": .named("chars"),
      "indent": .named("width", "first", "blank"), "replace": .named("old", "new", "count"),
      "join": .named("d", "attribute"),
      "sort": .named("reverse", only: "case_sensitive", "attribute"),
      "min": .named(only: "case_sensitive", "attribute"),
      "max": .named(only: "case_sensitive", "attribute"), "map": .init(.max, nil),
      "select": .places(.max), "reject": .places(.max), "selectattr": .places(.max),
      "rejectattr": .places(.max),
    ],
    withoutArguments: [
      "string", "safe", "e", "escape", "forceescape", "length", "count", "abs", "round", "upper",
      "lower", "capitalize", "title", "items", "dictsort", "list", "first", "last", "reverse",
      "unique", "sum",
    ])

  /// Those of methods.
  static let methods = table(
    [
      "get": .named("key", "default"), "split": .named("sep", "maxsplit"),
      "rsplit": .named("sep", "maxsplit"), "replace": .places(3), "strip": .places(1),
      "lstrip": .places(1), "rstrip": .places(1), "startswith": .places(1),
      "endswith": .places(1), "removeprefix": .places(1), "removesuffix": .places(1),
      "find": .places(1), "rfind": .places(1), "index": .places(1), "count": .places(1),
      "join": .places(1),
    ],
    withoutArguments: [
      "items", "keys", "values", "upper", "lower", "capitalize", "title", "splitlines", "isspace",
      "isdigit", "isnumeric", "isalpha", "isalnum", "isupper", "islower",
    ])

  /// Those of functions.
  static let functions: [String: TemplateSignature] = [
    "range": .places(3), "namespace": .init(0, nil), "dict": .init(0, nil),
    "strftime_now": .places(1), "raise_exception": .places(1),
  ]

  /// The operators that tests of these names are.
  static let comparisons = [
    "eq": "==", "equalto": "==", "==": "==", "sameas": "==", "ne": "!=", "!=": "!=", "lt": "<",
    "lessthan": "<", "<": "<", "le": "<=", "<=": "<=", "gt": ">", "greaterthan": ">", ">": ">",
    "ge": ">=", ">=": ">=", "in": "in",
  ]

  /// Those of tests.
  static let tests = table(
    comparisons.mapValues { _ in .places(1) }.merging(["divisibleby": .places(1)]) { $1 },
    withoutArguments: [
      "defined", "undefined", "none", "string", "mapping", "boolean", "integer", "float",
      "sequence", "iterable", "number", "callable", "true", "false", "upper", "lower", "odd",
      "even",
    ])

  private static func table(
    _ some: [String: TemplateSignature], withoutArguments others: [String]
  ) -> [String: TemplateSignature] {
    some.merging(others.map { ($0, .places(0)) }) { $1 }
  }
}

extension TemplateRenderer {
  /// Checks that all arguments of a call are read; what is in no table is refused elsewhere.
  ///
  /// - Throws: ``ChatTemplateError`` that names the first that is not.
  func check(
    _ arguments: EvaluatedArguments, of name: String, in table: [String: TemplateSignature]
  ) throws(ChatTemplateError) {
    guard let signature = table[name] else { return }
    guard arguments.values.count <= signature.placeCount else {
      throw failure(
        "'\(name)' has \(arguments.values.count) values, and takes at most "
          + "\(signature.placeCount) here")
    }
    if let names = signature.names,
      let other = arguments.named.first(where: { !names.contains($0.name) })
    {
      throw failure("'\(name)' has no argument '\(other.name)' here")
    }
  }
}
