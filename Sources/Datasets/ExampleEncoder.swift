public import Tokenizers

/// Turns examples into tokens by a template and a tokenizer.
///
/// The tokens are those of the prompt and the response encoded as one text, then, unless told
/// otherwise, the end token if the tokenizer has one. The leading tokens that equal those of the prompt alone are the prompt;
/// so a token that spans the border counts as response. The begin token stands first where the
/// model was trained with one.
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
  private let endToken: Int32?

  /// Creates an encoder.
  ///
  /// - Parameters:
  ///   - lengthLimit: At least 2, in tokens.
  ///   - addsEndToken: Whether the model is to learn where a response ends.
  public init(
    tokenizer: any Tokenizer, template: PromptTemplate = .alpaca, lengthLimit: Int = 1024,
    addsEndToken: Bool = true
  ) {
    precondition(lengthLimit >= 2, "an example needs 2 tokens, the limit is \(lengthLimit)")
    self.tokenizer = tokenizer
    self.template = template
    self.lengthLimit = lengthLimit
    endToken = addsEndToken ? tokenizer.endToken : nil
  }

  /// Returns the tokens of a prompt, from which a response is generated.
  public func promptTokens(for example: Example) -> [Int32] {
    tokens(of: template.prompt(for: example), continuedBy: "")
  }

  /// Returns the tokens of an example.
  ///
  /// - Throws: ``Rejection`` if no token would carry a label.
  public func encode(_ example: Example) throws(Rejection) -> TokenizedExample {
    let before = promptTokens(for: example)
    let all = wholeTokens(of: example) + [endToken].compactMap(\.self)
    let responseStart = commonPrefix(before, all)
    guard responseStart > 0 else { throw .emptyPrompt }
    guard responseStart < all.count else { throw .emptyResponse }
    guard responseStart < lengthLimit else {
      throw .promptTooLong(tokenCount: responseStart, limit: lengthLimit)
    }
    return TokenizedExample(
      tokens: Array(all.prefix(lengthLimit)), responseStart: responseStart,
      category: example.category,
      question: includesOptions ? try encodeQuestion(example) : nil)
  }

  /// Returns the tokens of all examples that can carry a label, and why the others cannot.
  public func encode(_ examples: [Example]) -> EncodedDataset<TokenizedExample> {
    EncodedDataset(examples) { example throws(Rejection) in try encode(example) }
  }

  /// Returns the tokens of a prompt and its response encoded as one text, without the end token.
  func wholeTokens(of example: Example) -> [Int32] {
    tokens(
      of: template.prompt(for: example), continuedBy: template.continuation(for: example))
  }

  /// Returns how many leading tokens two lists share.
  func commonPrefix(_ one: [Int32], _ other: [Int32]) -> Int {
    zip(one, other).prefix { $0 == $1 }.count
  }

  private func tokens(of prompt: Prompt, continuedBy continuation: String) -> [Int32] {
    prompt.pieces.enumerated().flatMap { index, piece in
      let addsBegin = index == 0 && tokenizer.addsBeginToken
      let isLast = index == prompt.pieces.count - 1
      return switch piece {
      case .special(let mark):
        tokenizer.encode(mark, parsingSpecialTokens: true, addingBeginToken: addsBegin)
      case .text(let text):
        tokenizer.encode(
          isLast ? text + continuation : text, parsingSpecialTokens: false,
          addingBeginToken: addsBegin)
      }
    }
  }

  /// The reason an example cannot be trained on.
  public enum Rejection: Error, Hashable, Sendable {
    /// The first token has none before it that would predict it.
    case emptyPrompt
    /// There is no response, and the tokenizer has no end token.
    case emptyResponse
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
    case .emptyPrompt: "the prompt is empty; choose a template other than raw"
    case .emptyResponse: "the response is empty"
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

  init(_ examples: [Example], encode: (Example) throws(ExampleEncoder.Rejection) -> Item) {
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
