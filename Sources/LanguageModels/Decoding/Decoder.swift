internal import CounterRandom
public import Tensors

/// A session of decoding: sequences come, get a token with every step, and go.
///
///     var decoder = Decoder(model, weights: store)
///     let first = try decoder.add([1, 5, 9], limit: 20, endTokens: [2])
///     while !decoder.isEmpty {
///       for output in decoder.step() { … }       // others may be added between steps
///     }
///
/// The sequences share each pass over the weights, whatever their lengths. What a sequence is given
/// does not depend on the others, up to the rounding of larger matrix products.
public struct Decoder: ~Copyable {
  /// What a step has done to a sequence.
  public struct Output: Sendable, Equatable {
    /// The number of the sequence.
    public let sequence: Int

    /// The new token; `nil` if it was an end token.
    public let token: Int32?

    /// Whether the sequence is complete, and no longer in the session.
    public let isLast: Bool

    /// Creates an output.
    package init(sequence: Int, token: Int32?, isLast: Bool) {
      self.sequence = sequence
      self.token = token
      self.isLast = isLast
    }
  }

  fileprivate struct Sequence {
    let number: Int
    let limit: Int
    let endTokens: Set<Int32>
    let sampler: Sampler
    let cache: KeyValueCache
    var random: RandomStream
    /// What has not been through the model yet: the prompt, then the last token.
    var pending: PackedBatch.Sequence
    var tokenCount = 0
  }

  private let model: LanguageModel
  private let weights: any WeightSource
  private var sequences: [Sequence] = []
  private var freeCaches: [KeyValueCache] = []
  private var nextNumber = 0

  /// Creates a session without sequences.
  public init(_ model: LanguageModel, weights: any WeightSource) {
    self.model = model
    self.weights = weights
  }

  /// Whether no sequence is left to be continued.
  public var isEmpty: Bool { sequences.isEmpty }

  /// Adds a sequence, which the next step begins to continue.
  ///
  /// - Parameters:
  ///   - prompt: At least one token.
  ///   - limit: The number of new tokens at most; not negative. With 0 there is nothing to do.
  ///   - endTokens: The sequence ends before the first of these.
  ///   - sampler: How its tokens are chosen.
  ///   - stream: Which of the sampler's streams of random numbers is its own.
  /// - Returns: The number of the sequence: how many have been added before.
  /// - Throws: ``ModelError`` if a token is out of range, or the prompt and `limit` new tokens exceed
  ///   the context.
  @discardableResult
  public mutating func add(
    _ prompt: [Int32], limit: Int, endTokens: Set<Int32> = [], sampler: Sampler = .greedy,
    stream: Int = 0
  ) throws(ModelError) -> Int {
    let (length, overflow) = prompt.count.addingReportingOverflow(limit)
    let contextLength = model.configuration.contextLength
    guard !overflow, length <= contextLength else {
      throw .contextExceeded(length: overflow ? .max : length, contextLength: contextLength)
    }
    if limit > 0 {
      let pending = PackedBatch.Sequence(prompt)
      try model.validate(PackedBatch([pending]))
      sequences.append(
        Sequence(
          number: nextNumber, limit: limit, endTokens: endTokens, sampler: sampler,
          cache: makeCache(capacity: length), random: sampler.randomStream(sequence: stream),
          pending: pending))
    }
    nextNumber += 1
    return nextNumber - 1
  }

  /// Takes a sequence out of the session; nothing happens if it is complete.
  public mutating func remove(_ sequence: Int) {
    guard let index = sequences.firstIndex(where: { $0.number == sequence }) else { return }
    freeCaches.append(sequences.remove(at: index).cache)
  }

  /// Gives every sequence its next token.
  ///
  /// - Returns: What each sequence was given, in the order in which they were added.
  /// - Complexity: One pass over the weights, whatever the number of sequences.
  public mutating func step() -> [Output] {
    guard !sequences.isEmpty else { return [] }
    let logits = model.logits(
      PassInput(
        model.configuration, PackedBatch(sequences.map(\.pending)),
        PassWeights(weights, context: model.context), caches: sequences.map(\.cache)))
    let outputs = sequences.indices.map { row in
      sequences[row].next(given: logits.rows(row..<row + 1))
    }
    for output in outputs where output.isLast { remove(output.sequence) }
    return outputs
  }

  /// Returns a cache that a sequence has left, or a new one.
  private mutating func makeCache(capacity: Int) -> KeyValueCache {
    let fitting = freeCaches.indices.filter { freeCaches[$0].capacity >= capacity }
    guard let index = fitting.min(by: { freeCaches[$0].capacity < freeCaches[$1].capacity }) else {
      // One that is too small would only take memory.
      freeCaches.removeAll()
      return KeyValueCache(model.configuration, capacity: capacity)
    }
    return freeCaches.remove(at: index)
  }
}

extension Decoder.Sequence {
  /// Chooses the next token, given its logits, shape `(1, vocabularySize)`.
  fileprivate mutating func next(given logits: Matrix) -> Decoder.Output {
    let token = sampler.token(from: logits, using: &random)
    guard !endTokens.contains(token) else {
      return Decoder.Output(sequence: number, token: nil, isLast: true)
    }
    tokenCount += 1
    pending = PackedBatch.Sequence(
      [token], firstPosition: pending.firstPosition + pending.tokens.count)
    return Decoder.Output(sequence: number, token: token, isLast: tokenCount == limit)
  }
}
