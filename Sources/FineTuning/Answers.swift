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
    let tokenizer = try tokenizer
    let generated = try model.generate(
      prompts: examples.map(encoder.promptTokens), limit: limit,
      endTokens: Set([tokenizer.endToken].compactMap(\.self)), weights: weights)
    return try generated.map { try tokenizer.decode($0) }
  }
}
