/// What a tuned model should say, and what was said before.
///
/// Every data format is read into this form; a ``PromptTemplate`` turns it into text. The general
/// form is a conversation, a list of turns; an instruction with its response is one of two turns.
public struct Example: Hashable, Sendable {
  /// What is said, in order.
  ///
  /// The last turn is the assistant's; each of the assistant's is learnt.
  public var turns: [Turn]

  /// Whether the only turn is running text: it is learnt as it stands, without a template.
  public var isText: Bool

  /// The kind of task, by which examples are divided among clients.
  public var category: String

  /// The answers to choose from, ``response`` among them; empty where any text may be the answer.
  public var options: [String]

  /// Creates an example of an instruction, what it is about, and the wanted answer.
  ///
  /// - Parameter context: Empty if the instruction says everything itself.
  public init(
    instruction: String, context: String = "", response: String, category: String = "none",
    options: [String] = []
  ) {
    self.init(
      turns: [Turn(.user, instruction, context: context), Turn(.assistant, response)],
      category: category, options: options)
  }

  /// Creates an example of a conversation.
  ///
  /// - Precondition: The last turn is the assistant's.
  public init(turns: [Turn], category: String = "none", options: [String] = []) {
    precondition(turns.last?.role == .assistant, "the last of \(turns.count) turns is no answer")
    self.turns = turns
    self.category = category
    self.options = options
    isText = false
  }

  /// Creates an example of running text.
  public init(text: String, category: String = "none") {
    turns = [Turn(.assistant, text)]
    self.category = category
    options = []
    isText = true
  }
}

/// What one side of a conversation says.
public struct Turn: Hashable, Sendable {
  /// Who speaks; the raw values are the names that chat templates know.
  public enum Role: String, CaseIterable, Sendable {
    /// Who sets the rules.
    case system
    /// Who asks.
    case user
    /// Who answers: the model.
    case assistant
  }

  /// Who speaks.
  public var role: Role

  /// What is said.
  public var content: String

  /// What a request is about, where that is kept apart; empty in most.
  ///
  /// Alpaca's template has a place of its own for it.
  public var context: String

  /// Creates a turn.
  public init(_ role: Role, _ content: String, context: String = "") {
    self.role = role
    self.content = content
    self.context = context
  }

  /// The content, a line break and the context if there is one: for templates that know no context.
  public var text: String { context.isEmpty ? content : content + "\n" + context }
}

extension Example {
  /// The content of the last request; empty if there is none.
  public var instruction: String {
    get { lastRequest.map { turns[$0].content } ?? "" }
    set { if let lastRequest { turns[lastRequest].content = newValue } }
  }

  /// The context of the last request; empty if there is none.
  public var context: String {
    get { lastRequest.map { turns[$0].context } ?? "" }
    set { if let lastRequest { turns[lastRequest].context = newValue } }
  }

  /// The last answer: the one that generated answers are compared with.
  public var response: String {
    get { turns[turns.count - 1].content }
    set { turns[turns.count - 1].content = newValue }
  }

  /// Whether the example is one request and its answer.
  var isExchange: Bool { !isText && turns.map(\.role) == [.user, .assistant] }

  private var lastRequest: Int? { turns.lastIndex { $0.role == .user } }
}
