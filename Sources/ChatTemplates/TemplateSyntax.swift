// What a template says, as a tree.

/// An expression.
indirect enum TemplateExpression: Sendable {
  case literal(TemplateValue)
  case name(String)
  case list([TemplateExpression])
  case dictionary([(key: TemplateExpression, value: TemplateExpression)])
  case attribute(TemplateExpression, String)
  case item(TemplateExpression, TemplateExpression)
  case slice(TemplateExpression, TemplateExpression?, TemplateExpression?, TemplateExpression?)
  case call(TemplateExpression, TemplateArguments)
  case filter(TemplateExpression, String, TemplateArguments)
  case test(TemplateExpression, String, TemplateArguments, isNegated: Bool)
  case negative(TemplateExpression)
  case not(TemplateExpression)
  case and(TemplateExpression, TemplateExpression)
  case or(TemplateExpression, TemplateExpression)
  case operation(String, TemplateExpression, TemplateExpression)
  case comparison(TemplateExpression, [(sign: String, other: TemplateExpression)])
  case conditional(TemplateExpression, TemplateExpression, TemplateExpression?)
}

/// The arguments of a call, a filter or a test.
struct TemplateArguments: Sendable {
  var values: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []
}

/// A statement, and the line where it stands.
struct TemplateNode: Sendable {
  let line: Int
  let kind: Kind

  indirect enum Kind: Sendable {
    case text(TemplateText)
    case output(TemplateExpression)
    case branch([(test: TemplateExpression, body: [TemplateNode])], otherwise: [TemplateNode])
    case loop(
      targets: [String], TemplateExpression, condition: TemplateExpression?, body: [TemplateNode],
      otherwise: [TemplateNode])
    case set([Target], TemplateExpression)
    /// The text of a body, through filters.
    case setBlock(Target, [(name: String, arguments: TemplateArguments)], [TemplateNode])
    case filterBlock([(name: String, arguments: TemplateArguments)], [TemplateNode])
    case macro(TemplateMacro)
    case leaveLoop, nextRound
    /// What only marks a part of the text, such as `generation`.
    case group([TemplateNode])
  }

  /// What is set: a variable, or an attribute of a namespace.
  struct Target: Sendable {
    let name: String
    var attribute: String?
  }
}

/// Why a template cannot be read or does not render.
public struct ChatTemplateError: Error, Equatable, CustomStringConvertible {
  /// Where the template came from.
  public let file: String
  /// The line, from 1 on.
  public let line: Int
  /// What is wrong, or what the template itself said.
  public let problem: String
  /// Whether the template refused the conversation, by `raise_exception`.
  public var isRaisedByTemplate = false

  /// What is wrong, where, and what to do about it.
  public var description: String {
    isRaisedByTemplate
      ? "\(file): the chat template refuses the conversation: \(problem)"
      : "\(file): line \(line) of the chat template: \(problem)"
  }
}
