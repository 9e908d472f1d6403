// Reads the expressions of a tag, by the precedences of Jinja.

/// Reads expressions from the symbols of one tag.
struct ExpressionParser {
  private static let depthLimit = 64

  private let symbols: [TemplateSymbol]
  private let line: Int
  private let fail: (Int, String) -> ChatTemplateError
  private var place = 0
  private var depth = 0

  init(_ segment: TemplateSegment, _ fail: @escaping (Int, String) -> ChatTemplateError) {
    symbols = segment.symbols
    line = segment.line
    self.fail = fail
  }

  var isAtEnd: Bool { place >= symbols.count }

  func failure(_ problem: String) -> ChatTemplateError { fail(line, problem) }

  /// Checks that nothing follows.
  func finish() throws(ChatTemplateError) {
    if !isAtEnd { throw failure("'\(symbols[place].text)' is not expected there") }
  }

  private var next: TemplateSymbol? { isAtEnd ? nil : symbols[place] }

  private func isNext(_ sign: String, offset: Int = 0) -> Bool {
    place + offset < symbols.count
      && symbols[place + offset] == TemplateSymbol(kind: .sign, text: sign)
  }

  private func isNext(name: String) -> Bool {
    next == TemplateSymbol(kind: .name, text: name)
  }

  /// Goes past a sign, if it comes next.
  mutating func skip(_ sign: String) -> Bool {
    guard isNext(sign) else { return false }
    place += 1
    return true
  }

  /// Goes past a word, if it comes next.
  mutating func skip(name: String) -> Bool {
    guard isNext(name: name) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ sign: String) throws(ChatTemplateError) {
    guard skip(sign) else {
      throw failure("'\(next?.text ?? "the end of the tag")' stands where '\(sign)' should")
    }
  }

  /// Reads a word.
  mutating func name() throws(ChatTemplateError) -> String {
    guard let next, next.kind == .name else {
      throw failure("'\(next?.text ?? "the end of the tag")' stands where a name should")
    }
    place += 1
    return next.text
  }

  /// Reads words with commas between, perhaps in parentheses.
  mutating func names() throws(ChatTemplateError) -> [String] {
    let isWrapped = skip("(")
    var names = [try name()]
    while skip(",") { names.append(try name()) }
    if isWrapped { try expect(")") }
    return names
  }

  /// Reads what is set: names with commas between, or an attribute.
  mutating func targets() throws(ChatTemplateError) -> [TemplateNode.Target] {
    if isNext(".", offset: 1) {
      let namespace = try name()
      try expect(".")
      return [TemplateNode.Target(name: namespace, attribute: try name())]
    }
    return try names().map { TemplateNode.Target(name: $0) }
  }

  /// Reads the parameters of a macro.
  mutating func parameters()
    throws(ChatTemplateError) -> [(name: String, fallback: TemplateExpression?)]
  {
    var parameters: [(name: String, fallback: TemplateExpression?)] = []
    try expect("(")
    while !skip(")") {
      let parameter = try name()
      parameters.append((parameter, skip("=") ? try expression() : nil))
      if !isNext(")") { try expect(",") }
    }
    return parameters
  }

  /// Reads filters: a first one, and others behind `|`.
  mutating func filters()
    throws(ChatTemplateError) -> [(name: String, arguments: TemplateArguments)]
  {
    var filters: [(name: String, arguments: TemplateArguments)] = []
    repeat {
      let filter = try name()
      filters.append((filter, isNext("(") ? try arguments() : TemplateArguments()))
    } while skip("|")
    return filters
  }
}

// MARK: - Operators

extension ExpressionParser {
  /// Reads an expression or several with commas between, which make a list.
  mutating func expressionWithTuple(
    withCondition: Bool = true
  ) throws(ChatTemplateError) -> TemplateExpression {
    let first = withCondition ? try expression() : try or()
    guard isNext(",") else { return first }
    var elements = [first]
    while skip(","), !isAtEnd { elements.append(withCondition ? try expression() : try or()) }
    return .list(elements)
  }

  /// Reads an expression.
  mutating func expression() throws(ChatTemplateError) -> TemplateExpression {
    guard depth < Self.depthLimit else {
      throw failure("more than \(Self.depthLimit) expressions in one another")
    }
    depth += 1
    defer { depth -= 1 }
    var value = try or()
    while skip(name: "if") {
      let test = try or()
      value = .conditional(test, value, skip(name: "else") ? try expression() : nil)
    }
    return value
  }

  private mutating func or() throws(ChatTemplateError) -> TemplateExpression {
    var value = try and()
    while skip(name: "or") { value = .or(value, try and()) }
    return value
  }

  private mutating func and() throws(ChatTemplateError) -> TemplateExpression {
    var value = try not()
    while skip(name: "and") { value = .and(value, try not()) }
    return value
  }

  private mutating func not() throws(ChatTemplateError) -> TemplateExpression {
    var count = 0
    while skip(name: "not") { count += 1 }
    let value = try comparison()
    return (0..<count).reduce(value) { value, _ in .not(value) }
  }

  private mutating func comparison() throws(ChatTemplateError) -> TemplateExpression {
    let first = try sum()
    var others: [(sign: String, other: TemplateExpression)] = []
    while let sign = comparisonSign() { others.append((sign, try sum())) }
    return others.isEmpty ? first : .comparison(first, others)
  }

  private mutating func comparisonSign() -> String? {
    for sign in ["==", "!=", "<=", ">=", "<", ">"] where skip(sign) { return sign }
    if skip(name: "in") { return "in" }
    if isNext(name: "not"), place + 1 < symbols.count,
      symbols[place + 1] == TemplateSymbol(kind: .name, text: "in")
    {
      place += 2
      return "not in"
    }
    return nil
  }

  private mutating func sum() throws(ChatTemplateError) -> TemplateExpression {
    var value = try concatenation()
    while let sign = skipAny(["+", "-"]) { value = .operation(sign, value, try concatenation()) }
    return value
  }

  private mutating func concatenation() throws(ChatTemplateError) -> TemplateExpression {
    var value = try product()
    while skip("~") { value = .operation("~", value, try product()) }
    return value
  }

  private mutating func product() throws(ChatTemplateError) -> TemplateExpression {
    var value = try power()
    while let sign = skipAny(["*", "//", "/", "%"]) { value = .operation(sign, value, try power()) }
    return value
  }

  private mutating func power() throws(ChatTemplateError) -> TemplateExpression {
    var value = try unary()
    while skip("**") { value = .operation("**", value, try unary()) }
    return value
  }

  private mutating func skipAny(_ signs: [String]) -> String? {
    for sign in signs where skip(sign) { return sign }
    return nil
  }

  private mutating func unary(withFilters: Bool = true) throws(ChatTemplateError)
    -> TemplateExpression
  {
    guard depth < Self.depthLimit else { throw failure("too many signs in a row") }
    depth += 1
    defer { depth -= 1 }
    var value: TemplateExpression
    if skip("-") {
      value = .negative(try unary(withFilters: false))
    } else if skip("+") {
      value = try unary(withFilters: false)
    } else {
      value = try withPostfixes(primary())
    }
    while withFilters {
      if skip("|") {
        let filter = try name()
        value = .filter(value, filter, isNext("(") ? try arguments() : TemplateArguments())
      } else if skip(name: "is") {
        value = try test(of: value)
      } else if isNext("(") {
        value = .call(value, try arguments())
      } else {
        break
      }
    }
    return value
  }

  private mutating func test(
    of value: TemplateExpression
  ) throws(ChatTemplateError) -> TemplateExpression {
    let isNegated = skip(name: "not")
    let test = try name()
    var values = TemplateArguments()
    if isNext("(") {
      values = try arguments()
    } else if let next, next.kind != .sign || ["[", "{"].contains(next.text),
      !(next.kind == .name && ["else", "or", "and", "is", "if", "in", "not"].contains(next.text))
    {
      values.values = [try withPostfixes(primary())]
    }
    return .test(value, test, values, isNegated: isNegated)
  }
}

// MARK: - Operands

extension ExpressionParser {
  private mutating func primary() throws(ChatTemplateError) -> TemplateExpression {
    guard let next else { throw failure("an expression is missing") }
    place += 1
    switch next.kind {
    case .name: return constant(next.text) ?? .name(next.text)
    case .string: return try .literal(.text(strings(next.text)))
    case .integer:
      guard let value = Int(next.text) else {
        throw failure("the number \(next.text) is too large")
      }
      return .literal(.integer(value))
    case .float: return .literal(.float(Double(next.text) ?? 0))
    case .sign:
      switch next.text {
      case "(": return try parenthesis()
      case "[": return .list(try elements(until: "]"))
      case "{": return try dictionary()
      default: throw failure("'\(next.text)' stands where a value should")
      }
    }
  }

  /// Texts that follow each other are one.
  private mutating func strings(_ first: String) throws(ChatTemplateError) -> String {
    var text = first
    while let next, next.kind == .string {
      text += next.text
      place += 1
    }
    return text
  }

  private func constant(_ name: String) -> TemplateExpression? {
    switch name {
    case "true", "True": .literal(.bool(true))
    case "false", "False": .literal(.bool(false))
    case "none", "None": .literal(.none)
    default: nil
    }
  }

  private mutating func parenthesis() throws(ChatTemplateError) -> TemplateExpression {
    if skip(")") { return .list([]) }
    let first = try expression()
    if skip(")") { return first }
    try expect(",")
    return .list([first] + (try elements(until: ")")))
  }

  private mutating func elements(until end: String) throws(ChatTemplateError)
    -> [TemplateExpression]
  {
    var elements: [TemplateExpression] = []
    while !skip(end) {
      elements.append(try expression())
      if !isNext(end) { try expect(",") }
    }
    return elements
  }

  private mutating func dictionary() throws(ChatTemplateError) -> TemplateExpression {
    var pairs: [(key: TemplateExpression, value: TemplateExpression)] = []
    while !skip("}") {
      let key = try expression()
      try expect(":")
      pairs.append((key, try expression()))
      if !isNext("}") { try expect(",") }
    }
    return .dictionary(pairs)
  }

  private mutating func withPostfixes(
    _ operand: TemplateExpression
  ) throws(ChatTemplateError) -> TemplateExpression {
    var value = operand
    while true {
      if skip(".") {
        if let next, next.kind == .integer, let index = Int(next.text) {
          place += 1
          value = .item(value, .literal(.integer(index)))
        } else {
          value = .attribute(value, try name())
        }
      } else if skip("[") {
        value = try subscripted(value)
      } else if isNext("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
    }
  }

  private mutating func subscripted(
    _ value: TemplateExpression
  ) throws(ChatTemplateError) -> TemplateExpression {
    var parts: [TemplateExpression?] = [isNext(":") ? nil : try expression()]
    while skip(":") {
      parts.append(isNext(":") || isNext("]") ? nil : try expression())
    }
    try expect("]")
    if parts.count == 1, let index = parts[0] { return .item(value, index) }
    guard parts.count <= 3 else { throw failure("a slice of more than three parts") }
    return .slice(value, parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
  }

  private mutating func arguments() throws(ChatTemplateError) -> TemplateArguments {
    var arguments = TemplateArguments()
    try expect("(")
    while !skip(")") {
      if let next, next.kind == .name, isNext("=", offset: 1) {
        place += 2
        arguments.named.append((next.text, try expression()))
      } else {
        arguments.values.append(try expression())
      }
      if !isNext(")") { try expect(",") }
    }
    return arguments
  }
}
