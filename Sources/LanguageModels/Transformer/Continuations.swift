public import Tensors

/// A prompt and the texts that may follow it, such as the options of a question.
public struct PromptContinuations: Sendable {
  /// At least one token.
  public var prompt: [Int32]

  /// Each at least one token.
  public var continuations: [[Int32]]

  /// Creates a prompt with `continuations`.
  public init(prompt: [Int32], continuations: [[Int32]]) {
    self.prompt = prompt
    self.continuations = continuations
  }
}

extension LanguageModel {
  /// Returns the losses of the continuations of several prompts, all in one pass over the weights.
  ///
  /// Each prompt goes through the model once. It has no labels; each token of a continuation is one.
  ///
  /// - Returns: For each continuation of each prompt, its loss after the prompt: that of the
  ///   concatenated text with labels on the continuation, up to the rounding of matrix products of
  ///   other shapes.
  /// - Throws: ``ModelError`` if a text is empty or exceeds the context, or a token is out of range.
  /// - Complexity: As a batch of all prompts and all continuations, each once.
  public func continuationLosses(
    of questions: [PromptContinuations], weights: any WeightSource
  ) throws(ModelError) -> [[SequenceLoss]] {
    guard questions.allSatisfy({ !$0.prompt.isEmpty && !$0.continuations.contains([]) }) else {
      throw .emptySequence
    }
    return PromptContinuations.losses(
      of: questions, in: try losses(of: PackedBatch(questions), weights: weights))
  }
}

extension PromptContinuations {
  /// Returns, for each of `questions`, the losses of its continuations.
  ///
  /// - Parameter losses: Those of the sequences of a `PackedBatch` of the questions.
  public static func losses(
    of questions: [PromptContinuations], in losses: [SequenceLoss]
  ) -> [[SequenceLoss]] {
    // Prompts have no labels.
    var rest = losses.filter { $0.labelCount > 0 }[...]
    return questions.map { question in
      defer { rest = rest.dropFirst(question.continuations.count) }
      return Array(rest.prefix(question.continuations.count))
    }
  }
}

extension PackedBatch {
  /// Packs each prompt, but for its last token, and behind it its continuations, each after that token.
  ///
  /// The last token predicts the first of every continuation, so that it belongs to each of them. Only
  /// continuations carry labels.
  ///
  /// - Precondition: No prompt and no continuation is empty.
  public init(_ questions: [PromptContinuations]) {
    var sequences: [Sequence] = []
    for question in questions {
      precondition(!question.prompt.isEmpty, "a question without a prompt")
      let shared = question.prompt.dropLast()
      let prefix = shared.isEmpty ? nil : sequences.count
      if !shared.isEmpty { sequences.append(Sequence(Array(shared))) }
      sequences += question.continuations.map { continuation in
        Sequence(
          question.prompt.suffix(1) + continuation, firstPosition: shared.count,
          labels: 1..<continuation.count + 1, prefix: prefix)
      }
    }
    self.init(sequences)
  }
}
