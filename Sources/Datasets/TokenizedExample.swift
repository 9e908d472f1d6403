/// The tokens of a prompt and its response.
public struct TokenizedExample: Equatable, Sendable {
  /// Prompt, response and end token, in this order.
  public let tokens: [Int32]

  /// The index of the first token that carries a label, in `1..<tokens.count`.
  ///
  /// The loss is the mean over `tokens[responseStart...]`, each predicted from those before it.
  public let responseStart: Int

  /// The kind of task.
  public let category: String

  /// The prompt and the options that may follow it, if the example is one to choose an answer for.
  public let question: TokenizedQuestion?

  /// How many tokens carry a label, at least 1.
  public var labelCount: Int { tokens.count - responseStart }

  /// Creates an example from tokens.
  ///
  /// - Precondition: `responseStart` lies in `1..<tokens.count`.
  public init(
    tokens: [Int32], responseStart: Int, category: String, question: TokenizedQuestion? = nil
  ) {
    precondition(
      (1..<max(1, tokens.count)).contains(responseStart),
      "an example of \(tokens.count) tokens has no label at \(responseStart)...")
    self.tokens = tokens
    self.responseStart = responseStart
    self.category = category
    self.question = question
  }
}
