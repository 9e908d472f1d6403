public import SeedBasis
public import SeedDescent

/// The server of a federation: plans a round, collects the updates, averages them.
///
/// Its whole state between rounds is ``round``, ``coefficients``, ``velocity`` and ``significance``, so
/// a server goes on where another stopped. It knows no model and no network; see ``Transport``.
///
///     let plans = server.beginRound()
///     for reply in try transport.exchange(plans) { try server.receive(reply) }
///     let record = try server.finishRound()
///
/// Source: FedKSeed, Qin et al. 2023 (arXiv:2312.06353).
public struct FederationServer: Sendable {
  /// What the federation agreed on.
  public let settings: FederationSettings
  /// A, shape `(K)`.
  public private(set) var coefficients: Coefficients
  /// The round that is open or comes next; as many have been finished.
  public private(set) var round: Int
  /// How large the scalars along each candidate have been; `nil` unless this is FedKSeed-Pro.
  public private(set) var significance: SeedSignificance?

  /// The movement of the last round; `nil` without momentum.
  public private(set) var velocity: Coefficients?

  /// The learning rate of the clients, by which increments become scalars again.
  public let learningRate: LearningRate
  /// The replies so far to the open round, `nil` before the client has answered.
  private var replies: [Int: Reply?] = [:]

  /// Creates a server.
  ///
  /// - Parameters:
  ///   - settings: What the federation agreed on.
  ///   - coefficients: A after `round` rounds, shape `(K)`; zero if `nil`.
  ///   - learningRate: η of the clients, which FedKSeed-Pro needs.
  ///   - round: The number of rounds already finished.
  ///   - velocity: The movement of the last of them.
  ///   - significance: That after `round` rounds; none before the first.
  public init(
    settings: FederationSettings, learningRate: LearningRate? = nil,
    coefficients: Coefficients? = nil, round: Int = 0, velocity: Coefficients? = nil,
    significance: SeedSignificance? = nil
  ) {
    self.velocity = velocity
    precondition(
      settings.significance == nil || learningRate != nil, "FedKSeed-Pro needs the learning rate")
    self.settings = settings
    self.learningRate = learningRate ?? .one
    self.significance = settings.significance.map { _ in
      significance ?? SeedSignificance(candidateCount: settings.candidateCount)
    }
    self.coefficients = coefficients ?? Coefficients(candidateCount: settings.candidateCount)
    self.round = round
    precondition(
      self.coefficients.count == settings.candidateCount,
      "\(self.coefficients.count) coefficients for \(settings.candidateCount) candidates")
  }

  /// The clients of a round, in ascending order: a function of the seed and the round alone.
  public func participants(of round: Int) -> [Int] { settings.participants(of: round) }

  /// How likely each candidate is in the round, shape `(K)`; `nil` unless this is FedKSeed-Pro.
  public var probabilities: [Float]? {
    guard let rule = settings.significance else { return nil }
    return significance?.probabilities(by: rule)
  }

  /// Opens the round and returns the plan of every participant.
  ///
  /// Called again before the round is finished, it forgets the replies and returns the same plans.
  public mutating func beginRound() -> [RoundPlan] {
    let participants = participants(of: round)
    let probabilities = probabilities
    replies = Dictionary(uniqueKeysWithValues: participants.map { ($0, nil) })
    return participants.map { client in
      RoundPlan(
        settings: settings.digest, round: round, client: client,
        localSteps: settings.localSteps, coefficients: coefficients.rounded,
        probabilities: probabilities)
    }
  }

  /// Takes in the reply of a client, in any order.
  ///
  /// - Throws: ``FederationError`` if the update is not an allowed answer; it is then ignored.
  public mutating func receive(_ reply: Reply) throws(FederationError) {
    let update = reply.update
    let client = update.client
    guard !replies.isEmpty else { throw .noRoundOpen(client: client) }
    guard let earlier = replies[client] else {
      throw .notAParticipant(client: client, round: round)
    }
    guard earlier == nil else { throw .alreadyReported(client: client, round: round) }
    try settings.check(update, round: round)
    try aggregator.check(update, candidateCount: settings.candidateCount)
    replies[client] = reply
  }

  /// Averages the updates into the coefficients, closes the round and tells about it.
  ///
  /// - Throws: ``FederationError`` if a participant has not answered, `SeedBasisError` if a
  ///   coefficient would overflow; the round then stays open.
  public mutating func finishRound() throws -> RoundRecord {
    precondition(!replies.isEmpty, "finishRound without beginRound")
    let received = replies.values.compactMap(\.self).sorted { $0.update.client < $1.update.client }
    guard received.count == replies.count else {
      let missing = replies.filter { $0.value == nil }.keys.sorted()
      throw FederationError.missingUpdates(round: round, clients: missing)
    }
    let updates = received.map(\.update)
    try aggregator.merge(updates, into: &coefficients, velocity: &velocity)
    recordScalars(of: updates)
    defer {
      round += 1
      replies = [:]
    }
    return RoundRecord(
      round: round,
      participants: zip(received, aggregator.weights(of: updates)).map(ParticipantRecord.init),
      updates: updates)
  }

  /// Counts the scalar gradients of `updates`, as they were before they were weighted and scaled.
  ///
  /// They are the increments over η / n and over the importance that the clients used: nothing else
  /// has to be sent.
  private mutating func recordScalars(of updates: [ClientUpdate]) {
    guard let rule = settings.significance, let probabilities else { return }
    let rate = learningRate.value(at: round * settings.localSteps) / Double(settings.directions)
    let distribution = CandidateDistribution(probabilities)
    for step in updates.flatMap(\.steps) {
      let importance = rule.isUnbiased ? distribution.importance(of: step.candidate) : 1
      significance?.record(
        Double(step.increment) / (rate * importance), of: step.candidate, by: rule)
    }
  }

  private var aggregator: Aggregator {
    Aggregator(incrementLimit: settings.incrementLimit, momentum: settings.momentum)
  }
}

extension ParticipantRecord {
  fileprivate init(_ reply: Reply, weight: Double) {
    self.init(
      client: reply.update.client, exampleCount: reply.update.exampleCount, weight: weight,
      steps: reply.update.steps.count, skippedSteps: reply.update.skippedCount,
      meanLoss: reply.update.meanLoss.map(Double.init), traffic: reply.traffic)
  }
}
