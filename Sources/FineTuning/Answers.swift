public import Datasets
internal import LanguageModels
public import Metrics
public import Tensors
internal import Tokenizers

extension LoadedModel {
  /// Returns the model's greedy answers to the instructions of `examples`.
  ///
  /// - Parameters:
  ///   - limit: The number of new tokens of an answer at most.
  ///   - onProgress: Called with the number of examples that have been answered.
  /// - Throws: ``ModelError`` if a prompt and its answer exceed the context.
  public func answers(
    to examples: [Example], encoder: ExampleEncoder, limit: Int, weights: any WeightSource,
    onProgress: (Int) -> Void = { _ in }
  ) throws -> [String] {
    let tokenizer = try tokenizer
    var answers: [String] = []
    let prompts = try examples.map { try encoder.promptTokens(for: $0) }
    for batch in Self.batches(of: prompts, tokenCount: { $0.count + limit }) {
      let generated = try model.generate(
        prompts: batch, limit: limit, endTokens: tokenizer.endTokens, weights: weights)
      answers += try generated.map {
        try tokenizer.decode(generated: $0, skippingSpecialTokens: true)
      }
      onProgress(answers.count)
    }
    return answers
  }
}

extension TextMetric {
  /// Returns the mean score of `answers`, at least one, to as many `examples`.
  public func estimate(of answers: [String], to examples: [Example]) -> Estimate {
    precondition(
      answers.count == examples.count, "\(answers.count) answers to \(examples.count) examples")
    return Estimate(
      scores: zip(answers, examples).map { score(answer: $0, reference: $1.response) })
  }
}
