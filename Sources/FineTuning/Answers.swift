public import Datasets
internal import LanguageModels
public import Weights

internal import Tokenizers

extension BaseModel {
  /// Returns the model's answers to the instructions of `examples`.
  ///
  /// - Parameters:
  ///   - limit: The number of new tokens of an answer at most.
  ///   - weights: One side.
  /// - Throws: ``ModelError`` if a prompt and its answer exceed the context.
  public func answers(
    to examples: [Example], encoder: ExampleEncoder, limit: Int, weights: any WeightSource
  ) throws -> [String] {
    let generated = try model.generate(
      prompts: examples.map(encoder.promptTokens), limit: limit, endTokens: endTokens,
      weights: weights)
    return try generated.map { try tokenizer.decode($0) }
  }

  /// The tokens at which an answer ends.
  public var endTokens: Set<Int32> { tokenizer.endToken.map { [$0] } ?? [] }
}
