internal import CounterRandom
public import SeedDescent
public import Settings

/// The settings of a federation.
public struct FederationSettings: Equatable, Sendable {
  /// N, the number of clients; they are numbered from 0.
  public let clientCount: Int
  /// The number of clients in a round, at least 1.
  public let participantCount: Int
  /// K, the number of candidate directions.
  public let candidateCount: Int
  /// τ, the steps of a client in a round.
  public let localSteps: Int
  /// n, the candidates of a step.
  public let directions: Int
  /// Which candidates the steps move along.
  public let candidateRule: CandidateRule
  /// How FedKSeed-Pro chooses candidates; `nil` where all are equally likely.
  public let significance: SignificanceRule?
  /// How the clients' movements become one; their mean in FedKSeed.
  public let aggregation: AggregationRule
  /// What the server makes of the clients' mean movement; the mean itself in FedKSeed.
  public let optimizer: ServerOptimizer
  /// In how many bits coefficients, and increments of all of them, are sent.
  public let precision: CoefficientPrecision
  /// Whether clients may answer with increments of all K coefficients.
  public let admitsAll: Bool
  /// W, the number of coefficients that move in a round; `nil` for all K.
  public let windowSize: Int?
  /// The seed of all random choices but the directions.
  public let seed: UInt64
  /// The largest `|η · g|` a server accepts, or `nil` for any finite number.
  public let incrementLimit: Float?
  /// How updates are made private; `nil` if they are not.
  public let privacy: PrivacyRule?
  /// Stands for all settings that both sides must share, also those this type does not know.
  public let digest: SettingsDigest

  /// Creates the settings.
  ///
  /// - Parameters:
  ///   - clientCount: N, from 1.
  ///   - participation: The share or number of clients in a round.
  ///   - candidateCount: K, from 1.
  ///   - localSteps: τ, from 1.
  ///   - directions: n, from 1.
  ///   - candidateRule: Without replacement K must be at least n · τ.
  ///   - significance: Only with replacement.
  ///   - aggregation: One that takes each coefficient by itself only where clients move all of them.
  ///   - optimizer: What the server makes of the mean movement.
  ///   - precision: In how many bits coefficients, and increments of all of them, are sent.
  ///   - admitsAll: Whether clients may answer with increments of all K, which FedKSeed-Pro, made of
  ///     scalars, has no use for; n is 1 then.
  ///   - windowSize: W, of which K is a multiple; only where clients answer with increments of all K, which
  ///     are then those of the round's window.
  ///   - seed: The seed of client sampling and candidate choice.
  ///   - incrementLimit: The largest `|η · g|` accepted; positive.
  ///   - privacy: Only where clients answer with increments of all K, whose norm it bounds.
  ///   - digest: The digest of the run's settings.
  /// - Throws: ``SettingsError`` for a setting outside its range.
  public init(
    clientCount: Int, participation: Participation = .all, candidateCount: Int, localSteps: Int,
    directions: Int = 1, candidateRule: CandidateRule = .withReplacement,
    significance: SignificanceRule? = nil, aggregation: AggregationRule = .mean,
    optimizer: ServerOptimizer = .mean, precision: CoefficientPrecision = .binary32,
    admitsAll: Bool = false, windowSize: Int? = nil, seed: UInt64,
    incrementLimit: Float? = nil, privacy: PrivacyRule? = nil, digest: SettingsDigest
  ) throws(SettingsError) {
    // The limits are those of the messages. With them no product of two of them can overflow.
    let range = 1...Int(Int32.max)
    self.clientCount = try SettingsError.within(range, clientCount, .clients)
    participantCount = try participation.participantCount(of: clientCount)
    self.candidateCount = try SettingsError.within(range, candidateCount, .candidates)
    self.localSteps = try SettingsError.within(range, localSteps, .localSteps)
    self.directions = try SettingsError.within(1...1024, directions, .directions)
    self.candidateRule = candidateRule
    if candidateRule == .withoutReplacement, candidateCount < localSteps * directions {
      throw SettingsError(
        .candidates, found: "\(candidateCount)",
        expected: "at least \(localSteps * directions), one for each direction of a round")
    }
    precondition(significance == nil || candidateRule == .withReplacement)
    if let clip = significance?.clip {
      _ = try SettingsError.positive(clip, .significanceClip)
    }
    self.significance = significance
    try aggregation.check(clients: participantCount, admitsAll: admitsAll)
    self.aggregation = aggregation
    try optimizer.validate()
    self.optimizer = optimizer
    self.precision = precision
    guard !admitsAll || directions == 1 else {
      throw SettingsError(
        .directions, found: "\(directions)",
        expected: "1 where a step moves, or a message has, all candidates")
    }
    precondition(!admitsAll || significance == nil)
    self.admitsAll = admitsAll
    if let windowSize {
      guard admitsAll, windowSize > 0, candidateCount % windowSize == 0 else {
        throw SettingsError(
          .window, found: "\(windowSize)",
          expected:
            "a divisor of the number of candidates, \(candidateCount), in a federation whose "
            + "steps move all of them")
      }
    }
    self.windowSize = windowSize
    if let incrementLimit { _ = try SettingsError.positive(incrementLimit, .incrementLimit) }
    self.incrementLimit = incrementLimit
    try privacy?.check(
      count: windowSize ?? candidateCount, precision, aggregation, incrementLimit)
    precondition(privacy == nil || admitsAll)
    self.privacy = privacy
    self.seed = seed
    self.digest = digest
  }
}

extension FederationSettings {
  /// The clients of a round, in ascending order: a function of the seed and the round alone.
  ///
  /// Drawn without replacement, every choice equally likely.
  public func participants(of round: Int) -> [Int] {
    var stream = RandomStream(seed: seed, tag: .clientSampling, b: UInt32(round))
    return stream.sample(participantCount, below: clientCount).sorted()
  }

  /// Returns the fresh candidates that are a client's in a round, or `nil` if it takes no part or
  /// there are none left.
  func freshCandidates(of client: Int, in round: Int) -> Range<Int>? {
    guard let place = participants(of: round).firstIndex(of: client) else { return nil }
    let width = localSteps * directions
    let (first, overflow) = (round * participantCount + place)
      .multipliedReportingOverflow(by: width)
    guard !overflow, first <= candidateCount - width else { return nil }
    return first..<first + width
  }
}
