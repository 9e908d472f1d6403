public import Tokenizers

/// Turns examples into tokens by a template and a tokenizer.
///
/// The tokens are those of the prompt and the response encoded as one text, then the end token if
/// the tokenizer has one. The leading tokens that equal those of the prompt alone are the prompt;
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

  private let tokenizer: any Tokenizer

  /// Creates an encoder.
  ///
  /// - Parameter lengthLimit: At least 2, in tokens.
  public init(
    tokenizer: any Tokenizer, template: PromptTemplate = .alpaca, lengthLimit: Int = 1024
  ) {
    precondition(lengthLimit >= 2, "an example needs 2 tokens, the limit is \(lengthLimit)")
    self.tokenizer = tokenizer
    self.template = template
    self.lengthLimit = lengthLimit
  }

  /// Returns the tokens of a prompt, from which a response is generated.
  public func promptTokens(for example: Example) -> [Int32] {
    tokens(of: template.prompt(for: example), continuedBy: "")
  }

  /// Returns the tokens of an example.
  ///
  /// - Throws: ``Rejection`` if no token would carry a label.
  public func encode(_ example: Example) throws(Rejection) -> TokenizedExample {
    let prompt = template.prompt(for: example)
    let before = tokens(of: prompt, continuedBy: "")
    var all = tokens(of: prompt, continuedBy: template.continuation(for: example))
    if let endToken = tokenizer.endToken { all.append(endToken) }
    let responseStart = zip(before, all).prefix { $0 == $1 }.count
    guard responseStart > 0 else { throw .emptyPrompt }
    guard responseStart < all.count else { throw .emptyResponse }
    guard responseStart < lengthLimit else {
      throw .promptTooLong(tokenCount: responseStart, limit: lengthLimit)
    }
    return TokenizedExample(
      tokens: Array(all.prefix(lengthLimit)), responseStart: responseStart,
      category: example.category)
  }

  /// Returns the tokens of all examples that can carry a label, and why the others cannot.
  public func encode(_ examples: [Example]) -> EncodedDataset {
    var result = EncodedDataset()
    for (index, example) in examples.enumerated() {
      do throws(Rejection) {
        result.examples.append(try encode(example))
      } catch {
        result.rejections.append((index, error))
      }
    }
    return result
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
    }
  }
}

/// The examples of a data set that can be trained on.
public struct EncodedDataset {
  /// The tokens, in the order of the data set.
  public fileprivate(set) var examples: [TokenizedExample] = []

  /// The index in the data set of each other example, and why it is left out.
  public fileprivate(set) var rejections: [(index: Int, reason: ExampleEncoder.Rejection)] = []

  /// One line about the rejected examples for a report, `nil` if there are none.
  public var rejectionSummary: String? {
    guard let first = rejections.first else { return nil }
    return """
      \(rejections.count) of \(examples.count + rejections.count) examples are left out; \
      number \(first.index + 1): \(first.reason)
      """
  }
}
