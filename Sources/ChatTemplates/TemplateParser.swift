// Reads the tags of a template as a tree: the part of Jinja that chat templates are written in.
// What is not known here is refused by name.

/// Reads statements.
struct TemplateParser {
  private static let depthLimit = 64

  private let segments: [TemplateSegment]
  private let fail: (Int, String) -> ChatTemplateError
  private var place = 0
  private var depth = 0

  init(_ segments: [TemplateSegment], _ fail: @escaping (Int, String) -> ChatTemplateError) {
    self.segments = segments
    self.fail = fail
  }

  /// Reads a whole template.
  mutating func template() throws(ChatTemplateError) -> [TemplateNode] {
    let (nodes, end) = try body(until: [])
    precondition(end == nil, "nothing ends a template")
    return nodes
  }

  /// Reads up to one of some tags, and what stands in that tag.
  private mutating func body(
    until ends: [String]
  ) throws(ChatTemplateError) -> ([TemplateNode], ExpressionParser?) {
    guard depth < Self.depthLimit else {
      throw fail(segments[place - 1].line, "more than \(Self.depthLimit) statements in one another")
    }
    depth += 1
    defer { depth -= 1 }
    let start = place
    var nodes: [TemplateNode] = []
    while place < segments.count {
      let segment = segments[place]
      place += 1
      var parser = ExpressionParser(segment, fail)
      switch segment.kind {
      case .text:
        nodes.append(TemplateNode(line: segment.line, kind: .text(TemplateText(segment.text))))
      case .output:
        let expression = try parser.expressionWithTuple()
        try parser.finish()
        nodes.append(TemplateNode(line: segment.line, kind: .output(expression)))
      case .statement:
        if let name = segment.symbols.first?.text, ends.contains(name) { return (nodes, parser) }
        nodes.append(TemplateNode(line: segment.line, kind: try statement(&parser)))
      }
    }
    guard ends.isEmpty else {
      let line = start > 0 ? segments[start - 1].line : 1
      throw fail(line, "a statement without '\(ends[ends.count - 1])'")
    }
    return (nodes, nil)
  }

  private mutating func statement(
    _ parser: inout ExpressionParser
  ) throws(ChatTemplateError) -> TemplateNode.Kind {
    let name = try parser.name()
    switch name {
    case "if": return try branch(&parser)
    case "for": return try loop(&parser)
    case "set": return try set(&parser)
    case "macro": return try macro(&parser)
    case "filter":
      let filters = try parser.filters()
      try parser.finish()
      return .filterBlock(filters, try block(until: "endfilter"))
    case "generation":
      try parser.finish()
      return .group(try block(until: "endgeneration"))
    case "break", "continue":
      try parser.finish()
      return name == "break" ? .leaveLoop : .nextRound
    default: throw parser.failure("the statement '\(name)' is not known here")
    }
  }

  private mutating func block(until end: String) throws(ChatTemplateError) -> [TemplateNode] {
    var (nodes, parser) = try body(until: [end])
    _ = try parser?.name()
    // A macro may be named again where it ends.
    if end == "endmacro", parser?.isAtEnd == false { _ = try parser?.name() }
    try parser?.finish()
    return nodes
  }

  private mutating func branch(
    _ parser: inout ExpressionParser
  ) throws(ChatTemplateError) -> TemplateNode.Kind {
    var tests: [(test: TemplateExpression, body: [TemplateNode])] = []
    var otherwise: [TemplateNode] = []
    var test: TemplateExpression? = try parser.expressionWithTuple()
    try parser.finish()
    while true {
      let ends = test == nil ? ["endif"] : ["elif", "else", "endif"]
      let (nodes, end) = try body(until: ends)
      if let test { tests.append((test, nodes)) } else { otherwise = nodes }
      guard var end else { break }
      let name = try end.name()
      test = name == "elif" ? try end.expressionWithTuple() : nil
      try end.finish()
      if name == "endif" { break }
    }
    return .branch(tests, otherwise: otherwise)
  }

  private mutating func loop(
    _ parser: inout ExpressionParser
  ) throws(ChatTemplateError) -> TemplateNode.Kind {
    let targets = try parser.names()
    guard try parser.name() == "in" else { throw parser.failure("'for' without 'in'") }
    let sequence = try parser.expressionWithTuple(withCondition: false)
    let condition = parser.skip(name: "if") ? try parser.expression() : nil
    try parser.finish()
    var (nodes, end) = try body(until: ["else", "endfor"])
    var otherwise: [TemplateNode] = []
    if try end?.name() == "else" {
      try end?.finish()
      otherwise = try block(until: "endfor")
    } else {
      try end?.finish()
    }
    return .loop(
      targets: targets, sequence, condition: condition, body: nodes, otherwise: otherwise)
  }

  private mutating func set(
    _ parser: inout ExpressionParser
  ) throws(ChatTemplateError) -> TemplateNode.Kind {
    let targets = try parser.targets()
    if parser.skip("=") {
      let value = try parser.expressionWithTuple()
      try parser.finish()
      return .set(targets, value)
    }
    let filters = parser.skip("|") ? try parser.filters() : []
    try parser.finish()
    return .setBlock(targets[0], filters, try block(until: "endset"))
  }

  private mutating func macro(
    _ parser: inout ExpressionParser
  ) throws(ChatTemplateError) -> TemplateNode.Kind {
    let name = try parser.name()
    let parameters = try parser.parameters()
    try parser.finish()
    return .macro(
      TemplateMacro(name: name, parameters: parameters, body: try block(until: "endmacro")))
  }
}
