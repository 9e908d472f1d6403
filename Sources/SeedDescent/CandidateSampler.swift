internal import CounterRandom

/// Chooses the candidate direction of every step.
///
/// A client's sampler has a random stream of its own, which nothing else reads: neither the order
/// of its data nor other clients can influence it. ``position`` is all the state there is to save,
/// besides the ``distribution`` of the open round.
public struct CandidateSampler: Equatable, Sendable {
  /// K, the number of candidates to choose from.
  public let candidateCount: Int
  /// Whether and when a candidate may come again.
  public let rule: CandidateRule

  /// How likely each candidate is; `nil` if all are equally likely.
  ///
  /// It may be set where the rule is to replace.
  public var distribution: CandidateDistribution? {
    didSet {
      precondition(
        distribution.map {
          $0.probabilities.count == candidateCount && rule == .withReplacement
        } ?? true)
    }
  }

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
      guard let distribution else { return stream.next(below: candidateCount) }
      return stream.categorical(distribution.weights)
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
    case .withReplacement: distribution = probabilities.map(CandidateDistribution.init)
    case .withoutReplacement: position = UInt64(round) * UInt64(candidateCount)
    case .fresh: position = UInt64(firstFresh)
    }
  }

  /// Returns ``CandidateDistribution/importance(of:)``; 1 if all candidates are equally likely.
  public func importance(of candidate: Int) -> Double {
    distribution?.importance(of: candidate) ?? 1
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
