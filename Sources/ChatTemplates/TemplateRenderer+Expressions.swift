// The values of expressions, by the rules of Python and Jinja.

extension TemplateRenderer {
  /// Returns the value of an expression.
  mutating func evaluate(
    _ expression: TemplateExpression
  ) throws(ChatTemplateError) -> TemplateValue {
    try count()
    switch expression {
    case .literal(let value): return value
    case .name(let name): return variable(name)
    case .list(let elements): return try checkedDepth(.list(evaluated(elements)))
    case .dictionary(let pairs): return try dictionary(pairs)
    case .attribute(let object, let name): return try attribute(name, of: evaluate(object))
    case .item(let object, let key): return try item(evaluate(key), of: evaluate(object))
    case .slice(let object, let start, let stop, let step):
      return try made(slice(evaluate(object), start, stop, step))
    case .call(let function, let arguments): return try made(call(function, arguments))
    case .filter(let value, let name, let arguments):
      return try made(filtered(evaluate(value), by: name, evaluated(arguments)))
    case .test(let value, let name, let arguments, let isNegated):
      let value = try evaluate(value)
      let arguments = try evaluated(arguments)
      try check(arguments, of: name, in: TemplateSignature.tests)
      try weigh([value] + arguments.values)
      return .bool(try test(value, name, arguments.values) != isNegated)
    case .negative(let value): return try operate("-", .integer(0), evaluate(value))
    case .not(let value): return .bool(try !evaluate(value).isTrue)
    case .and(let first, let second):
      let value = try evaluate(first)
      return value.isTrue ? try evaluate(second) : value
    case .or(let first, let second):
      let value = try evaluate(first)
      return value.isTrue ? value : try evaluate(second)
    case .operation(let sign, let first, let second):
      let value = try evaluate(first)
      return try made(operate(sign, value, evaluate(second)))
    case .comparison(let first, let others): return try compare(evaluate(first), others)
    case .conditional(let test, let value, let otherwise):
      if try evaluate(test).isTrue { return try evaluate(value) }
      return try otherwise.map { expression throws(ChatTemplateError) in
        try evaluate(expression)
      } ?? .undefined("the other case")
    }
  }

  private mutating func evaluated(
    _ expressions: [TemplateExpression]
  ) throws(ChatTemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  /// Returns the values of arguments.
  mutating func evaluated(
    _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> EvaluatedArguments {
    var result = EvaluatedArguments()
    result.values = try evaluated(arguments.values)
    for (name, value) in arguments.named { result.named.append((name, try evaluate(value))) }
    return result
  }

  private mutating func dictionary(
    _ pairs: [(key: TemplateExpression, value: TemplateExpression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var dictionary = TemplateDictionary()
    for (key, value) in pairs {
      guard case .text(let name) = try evaluate(key) else { throw failure("a key that is no text") }
      dictionary.set(name, try evaluate(value))
    }
    return try checkedDepth(.dictionary(dictionary))
  }

  /// Checks that values are not inside one another without end.
  mutating func checkedDepth(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    let limit = 50
    var (level, depth) = ([value], 0)
    while !level.isEmpty {
      guard depth < limit else { throw failure("more than \(limit) lists in one another") }
      try count(level.count)
      level = level.flatMap { value -> [TemplateValue] in
        switch value {
        case .list(let elements): elements.filter(\.holdsOthers)
        case .dictionary(let dictionary): dictionary.pairs.map(\.value).filter(\.holdsOthers)
        default: []
        }
      }
      depth += 1
    }
    return value
  }
}

// MARK: - Parts of values

extension TemplateRenderer {
  /// Returns what stands behind a dot: an attribute or an item.
  func attribute(
    _ name: String, of object: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    switch object {
    case .undefined(let object): throw failure("'\(object)' is undefined")
    case .dictionary(let dictionary): dictionary[name] ?? .undefined(name)
    case .namespace(let place): namespaces[place][name] ?? .undefined(name)
    default: .undefined(name)
    }
  }

  /// Returns what stands in brackets.
  private func item(
    _ key: TemplateValue, of object: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    switch (object, key) {
    case (.undefined(let name), _): throw failure("'\(name)' is undefined")
    case (.dictionary, .text(let name)), (.namespace, .text(let name)):
      return try attribute(name.string, of: object)
    case (.list(let elements), _):
      guard let index = key.integer else { return .undefined("an item") }
      let place = index < 0 ? index + elements.count : index
      return elements.indices.contains(place) ? elements[place] : .undefined("an item")
    case (.text(let text), _):
      guard let index = key.integer else { return .undefined("an item") }
      let place = index < 0 ? index + text.count : index
      return place >= 0 && place < text.count
        ? .text(text[place..<place + 1]) : .undefined("an item")
    default: return .undefined("an item")
    }
  }

  private mutating func slice(
    _ object: TemplateValue, _ start: TemplateExpression?, _ stop: TemplateExpression?,
    _ step: TemplateExpression?
  ) throws(ChatTemplateError) -> TemplateValue {
    let bounds = try [start, stop, step].map { expression throws(ChatTemplateError) in
      try bound(expression)
    }
    let count: Int
    switch object {
    case .list(let elements): count = elements.count
    case .text(let text): count = text.count
    case .undefined(let name): throw failure("'\(name)' is undefined")
    default: throw failure("a \(object.typeName) has no slices")
    }
    let places = try indices(bounds[0], bounds[1], bounds[2] ?? 1, count)
    if case .text(let text) = object {
      return .text(TemplateText(units: places.map { text.units[$0] }))
    }
    if case .list(let elements) = object { return .list(places.map { elements[$0] }) }
    return .none
  }

  private mutating func bound(
    _ expression: TemplateExpression?
  ) throws(ChatTemplateError) -> Int? {
    guard let expression else { return nil }
    let value = try evaluate(expression)
    if case .none = value { return nil }
    guard let bound = value.integer else { throw failure("a bound that is no integer") }
    return bound
  }

  /// The places of a slice, as Python counts them.
  private func indices(
    _ start: Int?, _ stop: Int?, _ step: Int, _ count: Int
  ) throws(ChatTemplateError) -> [Int] {
    guard step != 0, step.magnitude <= 1 << 40 else {
      throw failure("a slice with the step \(step)")
    }
    func place(_ bound: Int, _ low: Int, _ high: Int) -> Int {
      min(max(bound < 0 ? bound + count : bound, low), high)
    }
    if step > 0 {
      let (first, last) = (place(start ?? 0, 0, count), place(stop ?? count, 0, count))
      return Array(stride(from: first, to: last, by: step))
    }
    let first = start.map { place($0, -1, count - 1) } ?? count - 1
    let last = stop.map { place($0, -1, count - 1) } ?? -1
    return Array(stride(from: first, to: last, by: step))
  }

  /// Returns what a loop goes through.
  func elements(of value: TemplateValue) throws(ChatTemplateError) -> [TemplateValue] {
    switch value {
    case .list(let elements): return elements
    case .dictionary(let dictionary): return dictionary.pairs.map { .text($0.key) }
    case .text(let text): return text.units.map { .text(TemplateText(units: [$0])) }
    case .undefined: return []
    default: throw failure("'\(value.typeName)' object is not iterable")
    }
  }
}

// MARK: - Operators

extension TemplateRenderer {
  private mutating func operate(
    _ sign: String, _ first: TemplateValue, _ second: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    try weigh([first, second])
    if sign == "~" {
      try checked(length: first.printed.count + second.printed.count)
      return .text(first.printed + second.printed)
    }
    for value in [first, second] {
      if case .undefined(let name) = value { throw failure("'\(name)' is undefined") }
    }
    switch (first, second, sign) {
    case (.text(let first), .text(let second), "+"):
      try checked(length: first.count + second.count)
      return .text(first + second)
    case (.list(let first), .list(let second), "+"):
      try checked(length: first.count + second.count)
      return .list(first + second)
    case (.text(let text), _, "*") where second.integer != nil:
      let count = text.count == 0 ? 0 : max(0, second.integer ?? 0)
      let (length, overflows) = text.count.multipliedReportingOverflow(by: count)
      try checked(length: overflows ? .max : length)
      return .text(TemplateText(units: (0..<count).flatMap { _ in text.units }))
    default: return try calculate(sign, first, second)
    }
  }

  private func calculate(
    _ sign: String, _ first: TemplateValue, _ second: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let one = first.number, let other = second.number else {
      throw failure(
        "unsupported operand type(s) for \(sign): '\(first.typeName)' and '\(second.typeName)'")
    }
    if ["/", "//", "%"].contains(sign), other == 0 { throw failure("division by zero") }
    if sign != "/", let one = first.integer, let other = second.integer {
      guard let result = Self.calculate(sign, one, other) else {
        throw failure("the result of '\(sign)' is too large")
      }
      return .integer(result)
    }
    switch sign {
    case "+": return .float(one + other)
    case "-": return .float(one - other)
    case "*": return .float(one * other)
    case "/": return .float(one / other)
    case "//": return .float((one / other).rounded(.down))
    case "%": return .float(one - other * (one / other).rounded(.down))
    default: throw failure("'\(sign)' of numbers that are no integers")
    }
  }

  private static func calculate(_ sign: String, _ one: Int, _ other: Int) -> Int? {
    let (value, overflows): (Int, Bool)
    switch sign {
    case "+": (value, overflows) = one.addingReportingOverflow(other)
    case "-": (value, overflows) = one.subtractingReportingOverflow(other)
    case "*": (value, overflows) = one.multipliedReportingOverflow(by: other)
    case "//", "%":
      let (quotient, isTooLarge) = one.dividedReportingOverflow(by: other)
      if isTooLarge { return nil }
      let rest = one - quotient * other
      let isLow = rest != 0 && (rest < 0) != (other < 0)
      return sign == "//" ? (isLow ? quotient - 1 : quotient) : (isLow ? rest + other : rest)
    default:
      guard other >= 0, other < 64 else { return nil }
      var result = 1
      for _ in 0..<other {
        let (next, isTooLarge) = result.multipliedReportingOverflow(by: one)
        if isTooLarge { return nil }
        result = next
      }
      return result
    }
    return overflows ? nil : value
  }

  private mutating func compare(
    _ first: TemplateValue, _ others: [(sign: String, other: TemplateExpression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var left = first
    for (sign, expression) in others {
      let right = try evaluate(expression)
      try weigh([left, right])
      guard try compare(left, sign, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  /// Returns whether a comparison holds.
  func compare(
    _ left: TemplateValue, _ sign: String, _ right: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    switch sign {
    case "==": return left == right
    case "!=": return left != right
    case "in": return try contains(right, left)
    case "not in": return try !contains(right, left)
    default: break
    }
    let isLess: Bool
    let isEqual = left == right
    if let one = left.number, let other = right.number {
      isLess = one < other
    } else if case .text(let one) = left, case .text(let other) = right {
      isLess = one < other
    } else {
      throw failure(
        "'\(sign)' not supported between instances of '\(left.typeName)' and '\(right.typeName)'")
    }
    switch sign {
    case "<": return isLess
    case "<=": return isLess || isEqual
    case ">": return !isLess && !isEqual
    default: return !isLess
    }
  }

  private func contains(
    _ container: TemplateValue, _ value: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    switch (container, value) {
    case (.text(let text), .text(let part)):
      return part.count == 0 || text.firstIndex(of: part) != nil
    case (.list(let elements), _): return elements.contains(value)
    case (.dictionary(let dictionary), .text(let key)): return dictionary[key] != nil
    case (.dictionary, _): return false
    case (.undefined, _): return false
    default: throw failure("argument of type '\(container.typeName)' is not iterable")
    }
  }
}
