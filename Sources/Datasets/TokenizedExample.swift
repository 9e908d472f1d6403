/// The tokens of a conversation and which of them are learnt.
public struct TokenizedExample: Equatable, Sendable {
  /// Prompt, response and end token, in this order, as often as the conversation has them.
  public let tokens: [Int32]

  /// The runs of tokens that carry a label, ascending, in `1..<tokens.count`: one for each answer.
  ///
  /// The loss is the mean over all of them, each predicted from the tokens before it.
  public let labels: [Range<Int>]

  /// The kind of task.
  public let category: String

  /// The prompt and the options that may follow it, if the example is one to choose an answer for.
  public let question: TokenizedQuestion?

  /// How many tokens that would carry a label were cut off at the length limit.
  public let cutLabelCount: Int

  /// How many tokens carry a label, at least 1.
  public var labelCount: Int { labels.reduce(0) { $0 + $1.count } }

  /// The index of the first token of the last answer: the one that generated answers are compared
  /// with.
  public var responseStart: Int { labels[labels.count - 1].lowerBound }

  /// Creates an example from tokens.
  ///
  /// - Precondition: `labels` has a run, none is empty, and they ascend in `1..<tokens.count`.
  public init(
    tokens: [Int32], labels: [Range<Int>], category: String, question: TokenizedQuestion? = nil,
    cutLabelCount: Int = 0
  ) {
    let bounds = [1] + labels.flatMap { [$0.lowerBound, $0.upperBound] } + [tokens.count]
    precondition(
      !labels.isEmpty && !labels.contains(where: \.isEmpty)
        && zip(bounds, bounds.dropFirst()).allSatisfy(<=),
      "an example of \(tokens.count) tokens cannot have labels at \(labels)")
    self.tokens = tokens
    self.labels = labels
    self.category = category
    self.question = question
    self.cutLabelCount = cutLabelCount
  }

  /// Creates an example whose tokens carry labels from `responseStart` on.
  ///
  /// - Precondition: `responseStart` lies in `1..<tokens.count`.
  public init(
    tokens: [Int32], responseStart: Int, category: String, question: TokenizedQuestion? = nil
  ) {
    precondition(
      (1..<max(1, tokens.count)).contains(responseStart),
      "an example of \(tokens.count) tokens has no label at \(responseStart)...")
    self.init(
      tokens: tokens, labels: [responseStart..<tokens.count], category: category,
      question: question)
  }
}
