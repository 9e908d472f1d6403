// What a template may call: macros, functions of its environment, methods of texts and
// dictionaries.

extension TemplateRenderer {
  /// Returns what a call gives.
  mutating func call(
    _ function: TemplateExpression, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    if case .attribute(let object, let name) = function {
      let value = try evaluate(object)
      let arguments = try evaluated(arguments)
      if case .macro(let macro) = try attribute(name, of: value) {
        return try call(macro, arguments)
      }
      try weigh([value])
      try weigh(arguments)
      return try method(name, of: value, arguments)
    }
    let value = try evaluate(function)
    let arguments = try evaluated(arguments)
    switch value {
    case .macro(let macro): return try call(macro, arguments)
    case .function(let name):
      try weigh(arguments)
      return try call(name, arguments)
    case .undefined(let name): throw failure("'\(name)' is undefined")
    default: throw failure("'\(value.typeName)' object is not callable")
    }
  }

  private mutating func call(
    _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try check(arguments, of: name, in: TemplateSignature.functions)
    switch name {
    case "range": return .list(try range(arguments.values))
    case "namespace": return try makeNamespace(arguments)
    case "dict":
      var dictionary = TemplateDictionary()
      for (name, value) in arguments.named { dictionary[name] = value }
      return try checkedDepth(.dictionary(dictionary))
    case "strftime_now":
      guard case .text(let format)? = arguments.values.first else {
        throw failure("'strftime_now' takes a format")
      }
      return .text(now.text(format.string))
    default:
      var error = failure(arguments.values.first?.printed.string ?? "")
      error.isRaisedByTemplate = true
      throw error
    }
  }

  private func range(_ values: [TemplateValue]) throws(ChatTemplateError) -> [TemplateValue] {
    let numbers = values.compactMap(\.integer)
    guard numbers.count == values.count, 1...3 ~= numbers.count else {
      throw failure("'range' takes one to three integers")
    }
    let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    // The limit of Jinja's sandbox.
    let limit = 100_000
    guard step != 0, let length = Self.length(start, stop, step), length <= limit else {
      throw failure("a range of more than \(limit) numbers")
    }
    return stride(from: start, to: stop, by: step).map { .integer($0) }
  }

  private static func length(_ start: Int, _ stop: Int, _ step: Int) -> Int? {
    let (distance, overflows) = stop.subtractingReportingOverflow(start)
    if overflows || step == .min { return nil }
    return max(0, distance / step)
  }
}

// MARK: - Methods

extension TemplateRenderer {
  private func method(
    _ name: String, of value: TemplateValue, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try check(arguments, of: name, in: TemplateSignature.methods)
    switch value {
    case .text(let text): return try method(name, of: text, arguments)
    case .dictionary(let dictionary):
      switch name {
      case "get":
        guard case .text(let key)? = arguments.values.first else {
          return arguments[1, "default"] ?? .none
        }
        return dictionary[key] ?? arguments[1, "default"] ?? .none
      case "items": return .list(dictionary.pairs.map { .list([.text($0.key), $0.value]) })
      case "keys": return .list(dictionary.pairs.map { .text($0.key) })
      case "values": return .list(dictionary.pairs.map(\.value))
      default: break
      }
    case .list(let elements):
      let wanted = arguments.values.first ?? .none
      if name == "count" { return .integer(elements.count { $0 == wanted }) }
      if name == "index", let index = elements.firstIndex(of: wanted) { return .integer(index) }
    case .undefined(let name): throw failure("'\(name)' is undefined")
    default: break
    }
    throw failure("'\(value.typeName)' has no method '\(name)' here")
  }

  private func method(
    _ name: String, of text: TemplateText, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let first = arguments.values.first
    switch name {
    case "strip", "lstrip", "rstrip":
      let set = try first.flatMap { value throws(ChatTemplateError) in try optionalText(value) }
      return .text(text.stripped(of: set, left: name != "rstrip", right: name != "lstrip"))
    case "upper": return .text(text.uppercased)
    case "lower": return .text(text.lowercased)
    case "capitalize": return .text(text.capitalized)
    case "title": return .text(text.titled)
    case "split", "rsplit": return .list(try split(text, name, arguments))
    case "splitlines":
      var lines = text.replacing(TemplateText("\r\n"), by: TemplateText("\n")).split(
        by: TemplateText("\n"))
      if lines.last?.count == 0 { lines.removeLast() }
      return .list(lines.map { .text($0) })
    case "startswith", "endswith":
      let affixes = try first.map { value throws(ChatTemplateError) in try texts(value) } ?? []
      return .bool(
        affixes.contains { name == "startswith" ? text.hasPrefix($0) : text.hasSuffix($0) })
    case "removeprefix", "removesuffix", "replace", "find", "rfind", "index", "count", "join":
      return try method(name, of: text, with: arguments.values)
    default: return .bool(try isAll(name, text))
    }
  }

  private func method(
    _ name: String, of text: TemplateText, with values: [TemplateValue]
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let first = values.first else { throw failure("'\(name)' takes a value") }
    if name == "join" {
      let parts = try elements(of: first)
      try checked(length: first.size(limit: lengthLimit) + parts.count * text.count)
      var result = TemplateText()
      for (index, part) in parts.enumerated() {
        if index > 0 { result.append(text) }
        result.append(try texts(part)[0])
      }
      return .text(result)
    }
    let other = try texts(first)[0]
    switch name {
    case "removeprefix": return .text(text.hasPrefix(other) ? text[other.count..<text.count] : text)
    case "removesuffix":
      return .text(
        text.hasSuffix(other) && other.count > 0 ? text[0..<text.count - other.count] : text)
    case "replace":
      guard values.count > 1 else { throw failure("'replace' takes two texts") }
      let limit = values.count > 2 ? values[2].integer ?? .max : .max
      return .text(
        try replaced(text, other, by: texts(values[1])[0], limit: limit < 0 ? .max : limit))
    case "count": return .integer(text.indices(of: other).count)
    case "rfind": return .integer(text.indices(of: other).last ?? -1)
    default:
      let place = text.firstIndex(of: other)
      if name == "index", place == nil { throw failure("substring not found") }
      return .integer(place ?? -1)
    }
  }

  /// The text with replacements, unless it would be too long.
  func replaced(
    _ text: TemplateText, _ old: TemplateText, by new: TemplateText, limit: Int
  ) throws(ChatTemplateError) -> TemplateText {
    let places = text.indices(of: old, limit: limit)
    try checked(length: text.count + places.count * max(0, new.count - old.count))
    return text.replacing(old, at: places, by: new)
  }

  private func split(
    _ text: TemplateText, _ name: String, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> [TemplateValue] {
    let limit = arguments[1, "maxsplit"]?.integer ?? -1
    guard
      let separator = try arguments[0, "sep"].flatMap({ value throws(ChatTemplateError) in
        try optionalText(value)
      })
    else {
      guard limit < 0 else { throw failure("'\(name)' at white space has no limit here") }
      return text.words.map { .text($0) }
    }
    guard separator.count > 0 else { throw failure("empty separator") }
    let parts = text.split(by: separator, limit: limit < 0 || name == "rsplit" ? .max : limit)
    guard name == "rsplit", limit >= 0, parts.count - 1 > limit else {
      return parts.map { .text($0) }
    }
    // The last parts stand alone; those before them stay one.
    let head = parts.dropLast(limit).map { TemplateValue.text($0) }
    let joined = try method("join", of: separator, with: [.list(Array(head))])
    return [joined] + parts.suffix(limit).map { .text($0) }
  }

  private func isAll(_ name: String, _ text: TemplateText) throws(ChatTemplateError) -> Bool {
    let scalars = text.units.map { TemplateText.scalar($0) }
    func all(_ holds: (Unicode.Scalar) -> Bool) -> Bool {
      !scalars.isEmpty && scalars.allSatisfy(holds)
    }
    switch name {
    case "isspace": return !text.units.isEmpty && text.units.allSatisfy(TemplateText.isSpace)
    case "isdigit":
      return all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isnumeric": return all { $0.properties.numericType != nil }
    case "isalpha": return all { isLetter($0) }
    case "isalnum": return all { isLetter($0) || $0.properties.numericType != nil }
    case "isupper":
      return scalars.contains(where: \.properties.isUppercase)
        && !scalars.contains(where: \.properties.isLowercase)
    case "islower":
      return scalars.contains(where: \.properties.isLowercase)
        && !scalars.contains(where: \.properties.isUppercase)
    default: throw failure("'str' has no method '\(name)' here")
    }
  }

  private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// The text, or `nil` for nothing.
  private func optionalText(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateText? {
    if case .none = value { return nil }
    return try texts(value)[0]
  }

  /// The text, or those of a list; at least one.
  private func texts(_ value: TemplateValue) throws(ChatTemplateError) -> [TemplateText] {
    if case .text(let text) = value { return [text] }
    guard case .list(let elements) = value, !elements.isEmpty else {
      throw failure("a \(value.typeName) stands where a text should")
    }
    var texts: [TemplateText] = []
    for element in elements { texts += try self.texts(element) }
    return texts
  }
}
