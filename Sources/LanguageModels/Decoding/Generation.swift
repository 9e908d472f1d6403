internal import CounterRandom
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
    try checkLengths(prompts, limit)
    let cache = KeyValueCache(configuration, capacities: prompts.map { $0.count + limit })
    var random = prompts.indices.map { sampler.randomStream(sequence: $0) }
    var generated = prompts.map { _ in [Int32]() }
    var active = Array(prompts.indices)
    var next = prompts.map { PackedBatch.Sequence($0) }
    for _ in 0..<limit where !active.isEmpty {
      let batch = PackedBatch(next)
      try validate(batch)
      let logits = logits(
        PassInput(
          configuration, batch, PassWeights(weights, context: context), cache: cache,
          cacheSequences: active))
      let chosen = active.indices.map { row in
        sampler.token(from: logits.rows(row..<row + 1), using: &random[active[row]])
      }
      let going = active.indices.filter { !endTokens.contains(chosen[$0]) }
      for row in going { generated[active[row]].append(chosen[row]) }
      next = going.map { row in
        PackedBatch.Sequence(
          [chosen[row]], firstPosition: next[row].firstPosition + next[row].tokens.count)
      }
      active = going.map { active[$0] }
    }
    return generated
  }

  private func checkLengths(_ prompts: [[Int32]], _ limit: Int) throws(ModelError) {
    for prompt in prompts {
      let (length, overflow) = prompt.count.addingReportingOverflow(limit)
      guard !overflow, length <= configuration.contextLength else {
        throw .contextExceeded(
          length: overflow ? .max : length, contextLength: configuration.contextLength)
      }
    }
  }
}
