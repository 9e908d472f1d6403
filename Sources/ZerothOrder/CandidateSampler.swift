internal import CounterRandom

/// Draws the candidate direction of every step, uniformly and with replacement.
///
/// A client's sampler has a random stream of its own, which nothing else reads: neither the order
/// of its data nor other clients can influence it. ``position`` is all the state there is to save.
public struct CandidateSampler: Equatable, Sendable {
  /// K, the number of candidates to choose from.
  public let candidateCount: Int
  private var stream: RandomStream

  /// Creates the sampler of a client, at its start.
  ///
  /// - Parameters:
  ///   - candidateCount: K; positive.
  ///   - seed: The run's seed.
  ///   - client: The client's number, below 2³²; 0 where there is only one.
  public init(candidateCount: Int, seed: UInt64, client: Int = 0) {
    precondition(candidateCount > 0, "a sampler needs candidates, not \(candidateCount)")
    self.candidateCount = candidateCount
    stream = RandomStream(seed: seed, tag: .candidateChoice, a: UInt32(client))
  }

  /// How many random numbers have been read; set it to resume a sampler.
  public var position: UInt64 {
    get { stream.position }
    set { stream.position = newValue }
  }

  /// Returns the next candidate, in `0..<candidateCount`.
  public mutating func next() -> Int { stream.next(below: candidateCount) }
}
