import Bytes

/// The tokens of a prompt and of the options that may follow it, one of which is right.
public struct TokenizedQuestion: Equatable, Sendable {
  /// An option that may follow the prompt.
  public struct Option: Equatable, Sendable {
    /// The tokens behind the prompt; at least one.
    public let tokens: [Int32]

    /// The number of Unicode scalars of the option's text, without what separates it.
    public let characterCount: Int
  }

  /// The tokens that all options follow; at least one.
  public let prompt: [Int32]

  /// The options, in the order of the example.
  public let options: [Option]

  /// The index of the right option.
  public let answer: Int
}

extension ExampleEncoder {
  /// Returns the tokens of an example's prompt and of each of its options, without end tokens.
  ///
  /// The prompt are the tokens that the prompt alone and all its continuations begin with; a token
  /// that spans the border of one of them counts as part of every option.
  ///
  /// - Throws: ``Rejection`` if the example has no options, its response is none of them, or one
  ///   would be cut at ``lengthLimit``.
  public func encodeQuestion(_ example: Example) throws(Rejection) -> TokenizedQuestion {
    guard !example.options.isEmpty else { throw .noOptions }
    let response = UTF8Text(example.response)
    guard let answer = example.options.firstIndex(where: { UTF8Text($0) == response }) else {
      throw .responseIsNoOption
    }
    var wholes: [[Int32]] = []
    for option in example.options {
      var other = example
      other.response = option
      wholes.append(try wholeTokens(of: other))
    }
    let before = try promptTokens(for: example)
    let shared = wholes.reduce(before.count) { min($0, commonPrefix(before, $1)) }
    guard shared > 0 else { throw .emptyPrompt }
    guard wholes.allSatisfy({ $0.count > shared }) else { throw .emptyResponse }
    let longest = wholes.map(\.count).max() ?? 0
    guard longest <= lengthLimit else {
      throw .optionTooLong(tokenCount: longest, limit: lengthLimit)
    }
    let options = zip(example.options, wholes).map { text, tokens in
      TokenizedQuestion.Option(
        tokens: Array(tokens[shared...]), characterCount: text.unicodeScalars.count)
    }
    return TokenizedQuestion(
      prompt: Array(before[..<shared]), options: options, answer: answer)
  }

  /// Returns the tokens of all examples with options, and why the others cannot be used.
  public func encodeQuestions(_ examples: [Example]) -> EncodedDataset<TokenizedQuestion> {
    EncodedDataset(examples, lengthLimit: lengthLimit) { example throws(Rejection) in
      try encodeQuestion(example)
    }
  }
}
