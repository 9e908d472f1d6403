// Executes a template. It is a stranger's program, so that its steps, its output and its depth have
// limits; it can read what it is given, and nothing else.

/// The run of one template.
struct TemplateRenderer {
  // Far beyond what templates of models need; in proportion to the conversation, if that is long.
  private static let steps = 1_000_000
  private static let length = 1 << 18
  private static let depthLimit = 60

  let file: String
  let now: TemplateClock
  var line = 1
  private(set) var output = TemplateText()
  private var scopes: [[String: TemplateValue]]
  private(set) var namespaces: [TemplateDictionary] = []
  private var steps = 0
  private var depth = 0
  /// How many steps a run may take.
  private let stepLimit: Int
  /// How many characters and values the output or a value may have, all that is inside included.
  let lengthLimit: Int

  init(_ variables: [String: TemplateValue], file: String, now: TemplateClock) {
    self.file = file
    self.now = now
    scopes = [variables]
    let given = variables.values.reduce(0) { $0 + $1.size(limit: .max) }
    stepLimit = Self.steps + 8 * given
    lengthLimit = Self.length + 4 * given
  }

  /// What ends a body early.
  private enum Flow { case goesOn, leavesLoop, nextRound }

  func failure(_ problem: String) -> ChatTemplateError {
    ChatTemplateError(file: file, line: line, problem: problem)
  }

  /// Renders a template.
  mutating func render(_ nodes: [TemplateNode]) throws(ChatTemplateError) -> TemplateText {
    _ = try execute(nodes)
    return output
  }

  /// Counts a step, and checks that the run is not too long.
  mutating func count(_ count: Int = 1) throws(ChatTemplateError) {
    steps += count
    guard steps <= stepLimit else {
      throw failure("more than \(stepLimit) steps; does it end?")
    }
  }

  /// Checks that values are not too long to work on, all that is inside of them included, and counts
  /// the work.
  ///
  /// A few lines can make a value that has another one a million times.
  mutating func weigh(_ values: [TemplateValue]) throws(ChatTemplateError) {
    for value in values {
      let size = value.size(limit: lengthLimit)
      try checked(length: size)
      try count(size / 8)
    }
  }

  mutating func weigh(_ arguments: EvaluatedArguments) throws(ChatTemplateError) {
    try weigh(arguments.values)
    try weigh(arguments.named.map(\.value))
  }

  /// Counts what a new value takes, so that many of them are no more than a few large ones.
  mutating func made(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    try checked(length: value.length)
    try count(value.holdsOthers ? 2 * value.length : value.length / 8)
    return value
  }

  private mutating func write(_ text: TemplateText) throws(ChatTemplateError) {
    guard output.count + text.count <= lengthLimit else {
      throw failure("more than \(lengthLimit) characters of output")
    }
    output.append(text)
  }

  /// Checks the length of a text or a list that an expression makes.
  func checked(length: Int) throws(ChatTemplateError) {
    guard length <= lengthLimit else {
      throw failure("a value of more than \(lengthLimit) characters or parts")
    }
  }
}

// MARK: - Statements

extension TemplateRenderer {
  private mutating func execute(_ nodes: [TemplateNode]) throws(ChatTemplateError) -> Flow {
    for node in nodes {
      line = node.line
      try count()
      let flow = try execute(node.kind)
      if flow != .goesOn { return flow }
    }
    return .goesOn
  }

  private mutating func execute(_ kind: TemplateNode.Kind) throws(ChatTemplateError) -> Flow {
    switch kind {
    case .text(let text): try write(text)
    case .output(let expression):
      let value = try evaluate(expression)
      try weigh([value])
      try write(value.printed)
    case .branch(let tests, let otherwise):
      for (test, body) in tests where try evaluate(test).isTrue { return try execute(body) }
      return try execute(otherwise)
    case .loop(let targets, let sequence, let condition, let body, let otherwise):
      try loop(targets, evaluate(sequence), condition, body, otherwise)
    case .set(let targets, let expression):
      let value = try evaluate(expression)
      if targets.count == 1 {
        try assign(value, to: targets[0])
      } else {
        try unpack(value, targets)
      }
    case .setBlock(let target, let filters, let body):
      try assign(.text(text(of: body, through: filters)), to: target)
    case .filterBlock(let filters, let body): try write(try text(of: body, through: filters))
    case .macro(let macro): scopes[scopes.count - 1][macro.name] = .macro(macro)
    case .leaveLoop: return .leavesLoop
    case .nextRound: return .nextRound
    case .group(let body): return try execute(body)
    }
    return .goesOn
  }

  /// The text that a body writes, in a scope of its own.
  private mutating func text(
    of body: [TemplateNode], through filters: [(name: String, arguments: TemplateArguments)] = []
  ) throws(ChatTemplateError) -> TemplateText {
    let outer = output
    output = TemplateText()
    scopes.append([:])
    _ = try execute(body)
    scopes.removeLast()
    var value = TemplateValue.text(output)
    output = outer
    for (name, arguments) in filters {
      value = try filtered(value, by: name, evaluated(arguments))
    }
    return value.printed
  }

  private mutating func assign(
    _ value: TemplateValue, to target: TemplateNode.Target
  ) throws(ChatTemplateError) {
    guard let attribute = target.attribute else {
      scopes[scopes.count - 1][target.name] = value
      return
    }
    guard case .namespace(let place) = variable(target.name) else {
      throw failure("'\(target.name)' is no namespace, so that '.\(attribute)' cannot be set")
    }
    namespaces[place][attribute] = value
  }

  private mutating func unpack(
    _ value: TemplateValue, _ targets: [TemplateNode.Target]
  ) throws(ChatTemplateError) {
    let elements = try elements(of: value)
    guard elements.count == targets.count else {
      throw failure("\(elements.count) values for \(targets.count) names")
    }
    for (target, element) in zip(targets, elements) { try assign(element, to: target) }
  }

  private mutating func loop(
    _ targets: [String], _ sequence: TemplateValue, _ condition: TemplateExpression?,
    _ body: [TemplateNode], _ otherwise: [TemplateNode]
  ) throws(ChatTemplateError) {
    let names = targets.map { TemplateNode.Target(name: $0) }
    try checked(length: sequence.length)
    try count(sequence.length / 8)
    var elements = try elements(of: sequence)
    if let condition {
      var chosen: [TemplateValue] = []
      for element in elements {
        try count()
        scopes.append([:])
        try bind(element, names)
        if try evaluate(condition).isTrue { chosen.append(element) }
        scopes.removeLast()
      }
      elements = chosen
    }
    if elements.isEmpty { _ = try execute(otherwise) }
    for index in elements.indices {
      // The variables of a round are as many steps.
      try count(10)
      scopes.append(["loop": loopVariable(elements, index)])
      try bind(elements[index], names)
      let flow = try execute(body)
      scopes.removeLast()
      if flow == .leavesLoop { break }
    }
  }

  private mutating func bind(
    _ value: TemplateValue, _ names: [TemplateNode.Target]
  ) throws(ChatTemplateError) {
    if names.count == 1 { try assign(value, to: names[0]) } else { try unpack(value, names) }
  }

  private func loopVariable(_ elements: [TemplateValue], _ index: Int) -> TemplateValue {
    var loop = TemplateDictionary()
    loop["index"] = .integer(index + 1)
    loop["index0"] = .integer(index)
    loop["revindex"] = .integer(elements.count - index)
    loop["revindex0"] = .integer(elements.count - index - 1)
    loop["first"] = .bool(index == 0)
    loop["last"] = .bool(index == elements.count - 1)
    loop["length"] = .integer(elements.count)
    loop["depth"] = .integer(1)
    loop["previtem"] = index > 0 ? elements[index - 1] : .undefined("loop.previtem")
    loop["nextitem"] =
      index + 1 < elements.count ? elements[index + 1] : .undefined("loop.nextitem")
    return .dictionary(loop)
  }

  /// Returns the value of a variable, looked for from the inside out.
  func variable(_ name: String) -> TemplateValue {
    for scope in scopes.reversed() { if let value = scope[name] { return value } }
    return TemplateSignature.functions[name] == nil ? .undefined(name) : .function(name)
  }
}

// MARK: - Calls

extension TemplateRenderer {
  /// Calls a macro: it sees the variables of the template, not of the place where it is called.
  mutating func call(
    _ macro: TemplateMacro, _ arguments: EvaluatedArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    guard depth < Self.depthLimit else { throw failure("calls in one another without end") }
    guard arguments.values.count <= macro.parameters.count else {
      throw failure("'\(macro.name)' takes \(macro.parameters.count) values")
    }
    depth += 1
    let callerLine = line
    let outer = scopes
    scopes = [outer[0], [:]]
    for (index, parameter) in macro.parameters.enumerated() {
      let given =
        index < arguments.values.count ? arguments.values[index] : arguments[parameter.name]
      var value = given ?? .undefined(parameter.name)
      if given == nil, let fallback = parameter.fallback { value = try evaluate(fallback) }
      scopes[1][parameter.name] = value
    }
    let text = try text(of: macro.body)
    scopes = outer
    line = callerLine
    depth -= 1
    return .text(text)
  }

  mutating func makeNamespace(_ arguments: EvaluatedArguments) throws(ChatTemplateError)
    -> TemplateValue
  {
    try count()
    var values = TemplateDictionary()
    for (name, value) in arguments.named { values[name] = value }
    namespaces.append(values)
    return .namespace(namespaces.count - 1)
  }
}

/// The values of the arguments of a call.
struct EvaluatedArguments {
  var values: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The argument of a name.
  subscript(name: String) -> TemplateValue? { named.first { $0.name == name }?.value }

  /// The argument at a place or, if it is not there, of a name.
  subscript(index: Int, name: String) -> TemplateValue? {
    index < values.count ? values[index] : self[name]
  }
}
