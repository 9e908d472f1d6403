/// One instruction and the response a tuned model should give.
///
/// Every data format is read into this form; a ``PromptTemplate`` turns it into text.
public struct Example: Hashable, Sendable {
  /// What the model is asked to do.
  public var instruction: String

  /// What the instruction is about, empty if it says everything itself.
  public var context: String

  /// The wanted answer.
  public var response: String

  /// The kind of task, by which examples are divided among clients.
  public var category: String

  /// The answers to choose from, ``response`` among them; empty where any text may be the answer.
  public var options: [String]

  /// Creates an example from its parts.
  public init(
    instruction: String, context: String = "", response: String, category: String = "none",
    options: [String] = []
  ) {
    self.instruction = instruction
    self.context = context
    self.response = response
    self.category = category
    self.options = options
  }
}
