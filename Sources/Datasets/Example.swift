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

  /// Creates an example from its four parts.
  public init(
    instruction: String, context: String = "", response: String, category: String = "none"
  ) {
    self.instruction = instruction
    self.context = context
    self.response = response
    self.category = category
  }
}
