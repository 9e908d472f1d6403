public import ChatTemplates
public import Tokenizers

/// Turns examples into tokens by a template and a tokenizer.
///
/// The tokens are those of the prompt and the response encoded as one text, then, unless told
/// otherwise, the end token if the tokenizer has one. The leading tokens that equal those of the
/// prompt alone are the prompt; so a token that spans the border counts as response. A conversation
/// has these parts once for each answer. The begin token stands first where the model was trained
/// with one.
///
/// Longer examples are cut on the right at ``lengthLimit``, as in FedKSeed's reference code. There
/// an example whose prompt fills the limit makes the loss NaN; here it is rejected.
public struct ExampleEncoder {
  /// The text around examples.
  public let template: PromptTemplate

  /// The largest number of tokens of an example.
  public let lengthLimit: Int

  /// Whether the options of an example are encoded too; without options it is then rejected.
  public var includesOptions = false

  private let tokenizer: any Tokenizer
  private let chat: ChatTemplate?
  // Whether the model is to learn where a response ends.
  private let learnsEnd: Bool

  /// Creates an encoder.
  ///
  /// - Parameters:
  public init(
    tokenizer: any Tokenizer, template: PromptTemplate = .alpaca, chat: ChatTemplate? = nil,
    lengthLimit: Int = 1024, addsEndToken: Bool = true
  ) {
    precondition(template != .model || chat != nil, "the model has no chat template")
    precondition(lengthLimit >= 2, "an example needs 2 tokens, the limit is \(lengthLimit)")
    self.tokenizer = tokenizer
    self.template = template
    self.lengthLimit = lengthLimit
    self.chat = chat
    learnsEnd = addsEndToken
  }

  /// Returns the tokens before the last answer, from which one is generated.
  ///
  /// Of running text it is the begin token, where the model has one.
  ///
  /// - Throws: ``Rejection/template(_:)`` if the model's chat template refuses the conversation.
  public func promptTokens(for example: Example) throws(Rejection) -> [Int32] {
    guard let chat, template == .model, !example.isText else {
      return try wholeTokens(of: example, withAnswer: false)
    }
    // Not of the conversation with its answer, which a template may refuse while there is none.
    do { return tokenizer.encode(try chat.prompt(of: example)) } catch {
      throw .template(error.description)
    }
  }

  /// Returns the tokens of an example.
  ///
  /// - Throws: ``Rejection`` if no token would carry a label.
  public func encode(_ example: Example) throws(Rejection) -> TokenizedExample {
    let text =
      try example.isText ? textTokens(of: example) : conversation(exchanges(of: example)[...])
    guard let first = text.labels.first else {
      throw example.isText ? .emptyText : .emptyResponse
    }
    guard first.lowerBound > 0 else { throw .emptyPrompt }
    guard first.lowerBound < lengthLimit else {
      throw .promptTooLong(tokenCount: first.lowerBound, limit: lengthLimit)
    }
    let labels = text.labels.map { $0.clamped(to: 0..<lengthLimit) }.filter { !$0.isEmpty }
    return TokenizedExample(
      tokens: Array(text.tokens.prefix(lengthLimit)), labels: labels, category: example.category,
      question: includesOptions ? try encodeQuestion(example) : nil,
      cutLabelCount: Self.count(text.labels) - Self.count(labels))
  }

  private static func count(_ ranges: [Range<Int>]) -> Int {
    ranges.reduce(0) { $0 + $1.count }
  }

  /// Returns the tokens of all examples that can carry a label, and why the others cannot.
  public func encode(_ examples: [Example]) -> EncodedDataset<TokenizedExample> {
    EncodedDataset(examples, lengthLimit: lengthLimit) { example throws(Rejection) in
      try encode(example)
    }
  }

  /// Returns the tokens of an example without the last end token, to the last answer or to its end.
  func wholeTokens(of example: Example, withAnswer: Bool = true) throws(Rejection) -> [Int32] {
    guard !example.isText else {
      let text = withAnswer ? example.response : ""
      return tokenizer.prefix + tokenizer.encode(MarkedText(text, areMarks: template == .raw))
    }
    let exchanges = try exchanges(of: example)
    let before = conversation(exchanges.dropLast()).tokens
    return before + tokens(of: exchanges[exchanges.count - 1], withAnswer, isFirst: before.isEmpty)
  }

  /// Returns how many leading tokens two lists share.
  func commonPrefix(_ one: [Int32], _ other: [Int32]) -> Int {
    zip(one, other).prefix { $0 == $1 }.count
  }

  private typealias LabelledTokens = (tokens: [Int32], labels: [Range<Int>])

  private func exchanges(of example: Example) throws(Rejection) -> [Exchange] {
    guard let chat, template == .model else { return template.exchanges(of: example) }
    let ends = tokenizer.endTokens.sorted().compactMap { try? tokenizer.token(for: $0) }
    do {
      var exchanges = try chat.exchanges(of: example, endedBy: ends)
      // What is not learnt and followed by nothing is of no use.
      if !learnsEnd { exchanges[exchanges.count - 1].close = MarkedText() }
      return exchanges
    } catch {
      throw .template(error.description)
    }
  }

  /// Returns running text, of which every token is learnt that others stand before.
  private func textTokens(of example: Example) throws(Rejection) -> LabelledTokens {
    let all =
      try wholeTokens(of: example) + (learnsEnd ? [tokenizer.endToken].compactMap(\.self) : [])
    return (all, all.count > 1 ? [1..<all.count] : [])
  }

  /// Returns the tokens of exchanges, of which the answers and the tokens that close them are
  /// learnt.
  ///
  /// Each exchange is encoded on its own: between two stands a special token.
  private func conversation(_ exchanges: ArraySlice<Exchange>) -> LabelledTokens {
    var (all, labels): LabelledTokens = ([], [])
    for exchange in exchanges {
      let before = tokens(of: exchange, false, isFirst: all.isEmpty)
      var whole = tokens(of: exchange, true, isFirst: all.isEmpty)
      let close = closingTokens(of: exchange)
      if learnsEnd { whole += close }
      let learnt = commonPrefix(before, whole)..<whole.count
      if !learnsEnd { whole += tokenizer.encode(exchange.close) }
      if !learnt.isEmpty {
        labels.append(all.count + learnt.lowerBound..<all.count + learnt.upperBound)
      }
      all += whole
    }
    return (all, labels)
  }

  /// Returns the tokens that end an answer: marks of the template or, if it has none, the end
  /// token.
  private func closingTokens(of exchange: Exchange) -> [Int32] {
    guard exchange.close.utf8.isEmpty else { return tokenizer.encode(exchange.close) }
    return [tokenizer.endToken].compactMap(\.self)
  }

  /// Returns the tokens of an exchange up to its answer or to the answer's end.
  private func tokens(of exchange: Exchange, _ withAnswer: Bool, isFirst: Bool) -> [Int32] {
    var text = exchange.prompt
    if withAnswer { text.append(exchange.continuation) }
    // A chat template writes the begin token itself.
    let prefix = isFirst && template != .model ? tokenizer.prefix : []
    return prefix + tokenizer.encode(text)
  }

  /// The reason an example cannot be trained on.
  public enum Rejection: Error, Hashable, Sendable {
    /// The model's chat template refuses the conversation, or fails.
    case template(String)
    /// The first token has none before it that would predict it.
    case emptyPrompt
    /// There is no response, and the tokenizer has no end token.
    case emptyResponse
    /// No token of the text has one before it that would predict it.
    case emptyText
    /// The prompt alone fills the limit.
    case promptTooLong(tokenCount: Int, limit: Int)
    /// The example has no options to choose from.
    case noOptions
    /// The right answer is none of the options.
    case responseIsNoOption
    /// The prompt and the longest option exceed the limit.
    case optionTooLong(tokenCount: Int, limit: Int)
  }
}

extension ExampleEncoder.Rejection: CustomStringConvertible {
  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .template(let problem): problem + "; choose another '--template', or mend the conversation"
    case .emptyPrompt: "the prompt is empty; choose a template other than raw"
    case .emptyResponse: "the response is empty"
    case .emptyText: "the text has no token that others stand before"
    case .promptTooLong(let tokenCount, let limit):
      "the prompt has \(tokenCount) tokens, the limit is \(limit); raise it or shorten the prompt"
    case .noOptions: "there are no options; list the answers to choose from under 'options'"
    case .responseIsNoOption: "the response is none of the options; add it to them"
    case .optionTooLong(let tokenCount, let limit):
      """
      the prompt and an option have \(tokenCount) tokens, the limit is \(limit); raise it or shorten \
      the prompt
      """
    }
  }
}

/// The examples of a data set that can be used.
public struct EncodedDataset<Item> {
  /// The tokens, in the order of the data set.
  public private(set) var examples: [Item] = []

  /// The index in the data set of each other example, and why it is left out.
  public private(set) var rejections: [(index: Int, reason: ExampleEncoder.Rejection)] = []

  /// The largest number of tokens of an example.
  private let lengthLimit: Int

  init(
    _ examples: [Example], lengthLimit: Int,
    encode: (Example) throws(ExampleEncoder.Rejection) -> Item
  ) {
    self.lengthLimit = lengthLimit
    for (index, example) in examples.enumerated() {
      do throws(ExampleEncoder.Rejection) {
        self.examples.append(try encode(example))
      } catch {
        rejections.append((index, error))
      }
    }
  }

  /// One line about the rejected examples for a report, `nil` if there are none.
  public var rejectionSummary: String? {
    guard let first = rejections.first else { return nil }
    return """
      \(rejections.count) of \(examples.count + rejections.count) examples are left out; \
      number \(first.index + 1): \(first.reason)
      """
  }
}

extension EncodedDataset<TokenizedExample> {
  /// One line about the responses that are cut at the length limit, `nil` if there are none.
  public var cutSummary: String? {
    let cut = examples.filter { $0.cutLabelCount > 0 }
    guard !cut.isEmpty else { return nil }
    let lost = cut.reduce(0) { $0 + $1.cutLabelCount }
    let all = examples.reduce(lost) { $0 + $1.labelCount }
    return """
      \(cut.count) of \(examples.count) examples are cut at \(lengthLimit) tokens: \(lost) of the \
      \(all) tokens of responses do not count; raise '--length-limit', up to the model's context, or \
      shorten them
      """
  }
}
