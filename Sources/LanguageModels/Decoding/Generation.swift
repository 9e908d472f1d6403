public import Tensors

extension LanguageModel {
  /// Continues several prompts at once.
  ///
  /// All prompts go through the model in one packed pass; then every unfinished sequence gets a token
  /// a pass, with the keys and values of earlier positions kept.
  ///
  /// - Parameters:
  ///   - prompts: Each at least one token.
  ///   - limit: The number of new tokens at most; not negative.
  ///   - endTokens: A sequence ends before the first of these.
  ///   - sampler: How a token is chosen. A sequence's choices do not depend on the other prompts,
  ///     up to the rounding of larger matrix products.
  /// - Returns: For each prompt, the new tokens, without an end token.
  /// - Throws: ``ModelError`` if a token is out of range, or a prompt and `limit` new tokens exceed
  ///   the context.
  public func generate(
    prompts: [[Int32]], limit: Int, endTokens: Set<Int32>, sampler: Sampler = .greedy,
    weights: any WeightSource
  ) throws(ModelError) -> [[Int32]] {
    var decoder = Decoder(self, weights: weights)
    for (index, prompt) in prompts.enumerated() {
      try decoder.add(prompt, limit: limit, endTokens: endTokens, sampler: sampler, stream: index)
    }
    var generated = prompts.map { _ in [Int32]() }
    while !decoder.isEmpty {
      for output in decoder.step() {
        if let token = output.token { generated[output.sequence].append(token) }
      }
    }
    return generated
  }
}
