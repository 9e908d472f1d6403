// Filters and tests, by name.

extension TemplateRenderer {
  /// Returns a value through a filter.
  mutating func filtered(
    _ value: TemplateValue, by name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try weigh([value])
    try weigh(arguments)
    guard TemplateSignature.filters[name] != nil else {
      throw failure("the filter '\(name)' is not known here")
    }
    try check(arguments, of: name, in: TemplateSignature.filters)
    switch name {
    case "default", "d":
      let usesFallback =
        value.isUndefined || arguments[1, "boolean"]?.isTrue == true && !value.isTrue
      return usesFallback ? arguments[0, "default_value"] ?? .text("") : value
    case "tojson": return .text(try json(value, arguments))
    case "string": return .text(value.printed)
    case "safe", "e", "escape", "forceescape": return value
    case "length", "count": return .integer(try length(of: value))
    case "int", "float", "abs", "round": return try numeric(value, name, arguments)
    case "trim": return .text(value.printed.stripped(of: try arguments[0, "chars"].map(text)))
    case "upper", "lower", "capitalize", "title", "indent", "replace":
      return try textual(value, name, arguments)
    default: return try listed(value, name, arguments)
    }
  }

  private func text(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateText {
    guard case .text(let text) = value else {
      throw failure("a \(value.typeName) stands where a text should")
    }
    return text
  }

  private func length(of value: TemplateValue) throws(ChatTemplateError) -> Int {
    switch value {
    case .text(let text): return text.count
    case .list(let elements): return elements.count
    case .dictionary(let dictionary): return dictionary.pairs.count
    case .undefined: return 0
    default: throw failure("object of type '\(value.typeName)' has no len()")
    }
  }

  private func numeric(
    _ value: TemplateValue, _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch (name, value) {
    case ("int", .text(let text)):
      return Int(text.stripped().string).map { .integer($0) } ?? arguments[0, "default"]
        ?? .integer(0)
    case ("int", .float(let value)):
      return Int(exactly: value.rounded(.towardZero)).map { .integer($0) } ?? .integer(0)
    case ("int", _): return .integer(value.integer ?? 0)
    case ("float", .text(let text)):
      return Double(text.stripped().string).map { .float($0) } ?? arguments[0, "default"]
        ?? .float(0)
    case ("float", _): return .float(value.number ?? 0)
    case ("abs", .integer(let value)) where value > .min: return .integer(abs(value))
    case ("abs", .float(let value)): return .float(abs(value))
    case ("round", _):
      guard let number = value.number, arguments.values.isEmpty else {
        throw failure("'round' takes a number, and no places here")
      }
      return .float(number.rounded(.toNearestOrEven))
    default: throw failure("'\(name)' of a \(value.typeName)")
    }
  }

  private func textual(
    _ value: TemplateValue, _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let text = value.printed
    switch name {
    case "upper": return .text(text.uppercased)
    case "lower": return .text(text.lowercased)
    case "capitalize": return .text(text.capitalized)
    case "title": return .text(text.titled)
    case "replace":
      guard let old = arguments[0, "old"], let new = arguments[1, "new"] else {
        throw failure("'replace' takes two texts")
      }
      let limit = arguments[2, "count"]?.integer ?? .max
      return .text(try replaced(text, old.printed, by: new.printed, limit: limit))
    default: return .text(try indented(text, arguments))
    }
  }

  private func indented(
    _ text: TemplateText, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateText {
    let width = arguments[0, "width"] ?? .integer(4)
    let indention: TemplateText
    if case .text(let text) = width {
      indention = text
    } else {
      indention = TemplateText(String(repeating: " ", count: min(max(width.integer ?? 4, 0), 1000)))
    }
    let (first, blank) = (
      arguments[1, "first"]?.isTrue ?? false, arguments[2, "blank"]?.isTrue ?? false
    )
    let lines = text.split(by: TemplateText("\n"))
    try checked(length: text.count + lines.count * indention.count)
    var result = TemplateText()
    for (index, line) in lines.enumerated() {
      if index > 0 { result.append(TemplateText("\n")) }
      if index == 0 ? first : blank || line.count > 0 { result.append(indention) }
      result.append(line)
    }
    return result
  }

  private mutating func listed(
    _ value: TemplateValue, _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    if name == "items" || name == "dictsort" {
      if name == "dictsort" { try countSorting(value) }
      return try pairs(of: value, isSorted: name == "dictsort")
    }
    let elements = try elements(of: value)
    try count(elements.count)
    switch name {
    case "list": return .list(elements)
    case "first": return elements.first ?? .undefined("the first of nothing")
    case "last": return elements.last ?? .undefined("the last of nothing")
    case "reverse":
      if case .text(let text) = value { return .text(TemplateText(units: text.units.reversed())) }
      return .list(elements.reversed())
    case "join":
      var parts = elements
      if case .text(let attribute)? = arguments[1, "attribute"] {
        parts = try elements.map { element throws(ChatTemplateError) in
          try path(attribute.string, of: element)
        }
      }
      let separator = arguments[0, "d"]?.printed.string ?? ""
      try checked(
        length: value.size(limit: lengthLimit) + parts.count * separator.unicodeScalars.count)
      return .text(TemplateValue.joined(parts.map(\.printed), "", "", separator: separator))
    case "unique":
      var found: [TemplateValue] = []
      for element in elements {
        try count(found.count * (1 + element.length / 8))
        if !found.contains(element) { found.append(element) }
      }
      return .list(found)
    case "sum":
      var sum = TemplateValue.integer(0)
      for element in elements {
        sum = try evaluate(.operation("+", .literal(sum), .literal(element)))
      }
      return sum
    case "min", "max", "sort":
      try countSorting(value)
      return try sorted(elements, name, arguments)
    case "map": return .list(try mapped(elements, arguments))
    default: return .list(try selected(elements, name, arguments))
    }
  }

  /// Counts the work of putting the parts of a value in order: each is compared some times.
  private mutating func countSorting(_ value: TemplateValue) throws(ChatTemplateError) {
    let rounds = Int.bitWidth - value.length.leadingZeroBitCount
    try count(value.size(limit: lengthLimit) / 8 * rounds)
  }

  private func pairs(
    of value: TemplateValue, isSorted: Bool
  ) throws(ChatTemplateError) -> TemplateValue {
    if value.isUndefined { return .list([]) }
    guard case .dictionary(let dictionary) = value else {
      throw failure("'items' of a \(value.typeName)")
    }
    let pairs =
      isSorted
      ? dictionary.pairs.map { ($0, $0.key.lowercased) }.sorted { $0.1 < $1.1 }.map(\.0)
      : dictionary.pairs
    return .list(pairs.map { .list([.text($0.key), $0.value]) })
  }

  private func sorted(
    _ elements: [TemplateValue], _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    var keyed: [(key: TemplateValue, value: TemplateValue)] = []
    for element in elements {
      var key = element
      if case .text(let attribute)? = arguments["attribute"] {
        key = try path(attribute.string, of: element)
      }
      if case .text(let text) = key, arguments["case_sensitive"]?.isTrue != true {
        key = .text(text.lowercased)
      }
      keyed.append((key, element))
    }
    for (one, other) in zip(keyed, keyed.dropFirst()) { _ = try compare(one.key, "<", other.key) }
    let order = keyed.enumerated().sorted { one, other in
      let isLess = try? compare(one.element.key, "<", other.element.key)
      return isLess == true
        || (try? compare(other.element.key, "<", one.element.key)) != true
          && one.offset < other.offset
    }
    let values = order.map(\.element.value)
    if name == "sort" {
      return .list(arguments[0, "reverse"]?.isTrue == true ? values.reversed() : values)
    }
    return (name == "min" ? values.first : values.last) ?? .undefined("the least of nothing")
  }

  /// What a path such as `function.name` leads to.
  private func path(
    _ path: String, of value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    var value = value
    for name in path.split(separator: ".") { value = try attribute(String(name), of: value) }
    return value
  }

  private mutating func mapped(
    _ elements: [TemplateValue], _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> [TemplateValue] {
    var result: [TemplateValue] = []
    if case .text(let attribute)? = arguments["attribute"] {
      for element in elements {
        let value = try path(attribute.string, of: element)
        result.append(value.isUndefined ? arguments["default"] ?? value : value)
      }
      return result
    }
    guard case .text(let filter)? = arguments.values.first else {
      throw failure("'map' takes a filter or an attribute")
    }
    var rest = arguments
    rest.values.removeFirst()
    for element in elements { result.append(try filtered(element, by: filter.string, rest)) }
    return result
  }

  private func selected(
    _ elements: [TemplateValue], _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> [TemplateValue] {
    var values = arguments.values
    var attribute: String?
    if name.hasSuffix("attr") {
      guard case .text(let text)? = values.first else {
        throw failure("'\(name)' takes an attribute")
      }
      attribute = text.string
      values.removeFirst()
    }
    var test: String?
    if case .text(let text)? = values.first {
      test = text.string
      values.removeFirst()
    }
    if let test {
      try check(EvaluatedArguments(values: values), of: test, in: TemplateSignature.tests)
    }
    var result: [TemplateValue] = []
    for element in elements {
      let value =
        try attribute.map { path throws(ChatTemplateError) in
          try self.path(path, of: element)
        } ?? element
      let holds =
        try test.map { test throws(ChatTemplateError) in
          try self.test(value, test, values)
        } ?? value.isTrue
      if holds != name.hasPrefix("reject") { result.append(element) }
    }
    return result
  }
}

// MARK: - Tests

extension TemplateRenderer {
  /// Returns whether a test holds.
  func test(
    _ value: TemplateValue, _ name: String, _ arguments: [TemplateValue]
  ) throws(ChatTemplateError) -> Bool {
    switch (name, value) {
    case ("defined", _): return !value.isUndefined
    case ("undefined", _): return value.isUndefined
    case ("none", .none), ("string", .text), ("mapping", .dictionary), ("boolean", .bool),
      ("integer", .integer), ("float", .float), ("sequence", .text), ("sequence", .list),
      ("sequence", .dictionary), ("iterable", .text), ("iterable", .list),
      ("iterable", .dictionary), ("iterable", .undefined), ("sequence", .undefined),
      ("number", .integer), ("number", .float), ("number", .bool), ("callable", .macro),
      ("callable", .function), ("true", .bool(true)), ("false", .bool(false)):
      return true
    case ("none", _), ("string", _), ("mapping", _), ("boolean", _), ("integer", _), ("float", _),
      ("sequence", _), ("iterable", _), ("number", _), ("callable", _), ("true", _), ("false", _):
      return false
    case ("upper", .text(let text)): return text == text.uppercased
    case ("lower", .text(let text)): return text == text.lowercased
    case ("odd", _), ("even", _), ("divisibleby", _):
      let divisor = name == "divisibleby" ? arguments.first?.integer ?? 0 : 2
      guard let number = value.integer, divisor != 0 else {
        throw failure("'\(name)' of a \(value.typeName)")
      }
      // The least integer has no remainder by -1 that could be computed: its quotient overflows.
      return number.isMultiple(of: divisor) != (name == "odd")
    default: return try compared(value, name, arguments)
    }
  }

  private func compared(
    _ value: TemplateValue, _ name: String, _ arguments: [TemplateValue]
  ) throws(ChatTemplateError) -> Bool {
    guard let sign = TemplateSignature.comparisons[name] else {
      throw failure("the test '\(name)' is not known here")
    }
    guard let other = arguments.first else { throw failure("the test '\(name)' takes a value") }
    return try compare(value, sign, other)
  }
}

extension TemplateText {
  /// The text with its first character in upper case and the others in lower case.
  var capitalized: TemplateText {
    let first = self[0..<min(1, count)].mapped { $0.properties.titlecaseMapping }
    return first + self[min(1, count)..<count].lowercased
  }

  /// The text with each word capitalised.
  var titled: TemplateText {
    var result = TemplateText()
    var isInside = false
    for unit in units {
      let one = TemplateText(units: [unit])
      result.append(
        one.mapped { isInside ? $0.properties.lowercaseMapping : $0.properties.titlecaseMapping })
      isInside = Self.scalar(unit).properties.isAlphabetic
    }
    return result
  }
}
