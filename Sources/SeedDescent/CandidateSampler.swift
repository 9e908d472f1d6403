internal import CounterRandom

/// Chooses the candidate direction of every step.
///
/// A client's sampler has a random stream of its own, which nothing else reads: neither the order
/// of its data nor other clients can influence it. ``position`` is all the state there is to save,
/// besides the ``probabilities`` of the open round.
public struct CandidateSampler: Equatable, Sendable {
  /// K, the number of candidates to choose from.
  public let candidateCount: Int
  /// Whether and when a candidate may come again.
  public let rule: CandidateRule

  /// How likely each candidate is, in any unit, shape `(K)`; `nil` if all are equally likely.
  ///
  /// The source is FedKSeed-Pro. They may be set where the rule is to replace.
  public var probabilities: [Float]? {
    didSet {
      precondition(
        probabilities == nil
          || probabilities?.count == candidateCount && rule == .withReplacement)
      weights = (probabilities ?? []).map(Double.init)
      totalWeight = weights.reduce(0, +)
    }
  }

  /// ``probabilities`` in binary64, or empty.
  private var weights: [Double] = []
  private var totalWeight = 0.0
  private let seed: UInt64
  private let client: UInt32
  private var stream: RandomStream
  /// All candidates in the order of a pass without replacement, and the number of the pass.
  private var order: [Int] = []
  private var orderedPass: UInt64?

  /// Creates the sampler of a client, at its start.
  ///
  /// - Parameters:
  ///   - candidateCount: K; positive.
  ///   - rule: Whether and when a candidate may come again.
  ///   - seed: The run's seed.
  ///   - client: The client's number, below 2³²; 0 where there is only one.
  public init(
    candidateCount: Int, rule: CandidateRule = .withReplacement, seed: UInt64, client: Int = 0
  ) {
    precondition(candidateCount > 0, "a sampler needs candidates, not \(candidateCount)")
    self.candidateCount = candidateCount
    self.rule = rule
    self.seed = seed
    self.client = UInt32(client)
    stream = RandomStream(seed: seed, tag: .candidateChoice, a: self.client)
  }

  /// How far the sampler is; set it to resume one.
  ///
  /// With replacement it counts random numbers, else candidates.
  public var position: UInt64 {
    get { stream.position }
    set { stream.position = newValue }
  }

  /// Returns the next candidate, in `0..<candidateCount`.
  ///
  /// - Precondition: By the rule ``CandidateRule/fresh``, at most K candidates are asked for.
  /// - Complexity: O(1); O(K) with probabilities and, once in a pass, without replacement.
  public mutating func next() -> Int {
    switch rule {
    case .withReplacement:
      return weights.isEmpty ? stream.next(below: candidateCount) : stream.categorical(weights)
    case .withoutReplacement:
      defer { position += 1 }
      return passOrder[Int(position % UInt64(candidateCount))]
    case .fresh:
      precondition(position < candidateCount, "all \(candidateCount) candidates have been used")
      defer { position += 1 }
      return Int(position)
    }
  }

  /// Moves to the start of a federated round.
  ///
  /// - Parameters:
  ///   - round: The round, which without replacement is a pass.
  ///   - firstFresh: The first of the fresh candidates that are this client's in this round.
  ///   - probabilities: How likely each candidate is; `nil` if all are equally likely.
  public mutating func begin(round: Int, firstFresh: Int, probabilities: [Float]?) {
    switch rule {
    case .withReplacement: self.probabilities = probabilities
    case .withoutReplacement: position = UInt64(round) * UInt64(candidateCount)
    case .fresh: position = UInt64(firstFresh)
    }
  }

  /// Returns `1 / (K p_k)`, by which a scalar must be multiplied if its mean over all candidates is
  /// to be that of equally likely ones.
  public func importance(of candidate: Int) -> Double {
    guard !weights.isEmpty else { return 1 }
    return totalWeight / (Double(candidateCount) * weights[candidate])
  }

  /// All candidates in the order of the current pass.
  private var passOrder: [Int] {
    mutating get {
      let pass = position / UInt64(candidateCount)
      if orderedPass != pass {
        // Numbers no draw with replacement has: its stream has b = 0.
        var stream = RandomStream(
          seed: seed, tag: .candidateChoice, a: client, b: UInt32(truncatingIfNeeded: pass + 1))
        order = stream.shuffled(0..<candidateCount)
        orderedPass = pass
      }
      return order
    }
  }
}
