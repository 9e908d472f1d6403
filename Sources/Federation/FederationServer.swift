public import SeedBasis
public import SeedDescent

/// The server of a federation: plans a round, collects the updates, averages them.
///
/// Its whole state between rounds is ``state``, so a server goes on where another stopped. It knows no
/// language model, no client and no network; see ``Transport``.
///
///     let plans = server.beginRound()
///     for reply in try transport.exchange(plans) { try server.receive(reply) }
///     let record = try server.finishRound()
///
/// Source: FedKSeed, Qin et al. 2023 (arXiv:2312.06353).
public struct FederationServer: Sendable {
  /// What the federation agreed on.
  public let settings: FederationSettings
  /// All there is to save.
  public private(set) var state: ServerState

  /// The learning rate of the clients, by which increments become scalars again in FedKSeed-Pro.
  public let learningRate: LearningRate?
  /// The replies so far to the open round, `nil` before the client has answered.
  private var replies: [Int: Reply?] = [:]
  private var isOpen = false

  /// Creates a server.
  ///
  /// - Parameters:
  ///   - settings: What the federation agreed on.
  ///   - learningRate: η of the clients, which FedKSeed-Pro needs.
  ///   - secret: Where central noise comes from, if the state has none; that of a simulation, which
  ///     protects nothing, if not given.
  ///   - state: Where it goes on; `nil` for A = 0 before the first round.
  /// - Precondition: The state is of K candidates.
  public init(
    settings: FederationSettings, learningRate: LearningRate? = nil, secret: PrivacySecret? = nil,
    state: ServerState? = nil
  ) {
    precondition(
      settings.significance == nil || learningRate != nil, "FedKSeed-Pro needs the learning rate")
    self.settings = settings
    self.learningRate = learningRate
    let zero = Coefficients(candidateCount: settings.candidateCount)
    self.state = state ?? ServerState(model: GlobalModel(coefficients: zero))
    if settings.privacy?.placement == .central, self.state.secret == nil {
      self.state.secret = secret ?? PrivacySecret(simulatedBy: settings.seed, member: -1)
    }
    if settings.significance != nil, self.state.significance == nil {
      self.state.significance = SeedSignificance(candidateCount: settings.candidateCount)
    }
    precondition(
      coefficients.count == settings.candidateCount,
      "\(coefficients.count) coefficients for \(settings.candidateCount) candidates")
  }

  /// A, shape `(K)`.
  public var coefficients: Coefficients { state.model.coefficients }

  /// The round that is open or comes next; as many have been finished.
  public var round: Int { state.round }

  /// The clients of a round, in ascending order: a function of the seed and the round alone; with
  /// central noise, of the server's secret, each client by itself.
  public func participants(of round: Int) -> [Int] {
    state.secret.map { settings.participants(of: round, by: $0) }
      ?? settings.participants(of: round)
  }

  /// How likely each candidate is in the round, shape `(K)`; `nil` unless this is FedKSeed-Pro.
  public var probabilities: [Float]? {
    guard let rule = settings.significance else { return nil }
    return state.significance?.probabilities(by: rule)
  }

  /// Opens the round and returns the plan of every participant.
  ///
  /// Called again before the round is finished, it forgets the replies and returns the same plans.
  public mutating func beginRound() -> [RoundPlan] {
    let participants = participants(of: round)
    isOpen = true
    replies = Dictionary(uniqueKeysWithValues: participants.map { ($0, nil) })
    return plans(for: participants)
  }

  /// Returns what these clients, who need not take part in the round, would be sent at its start: the
  /// model to evaluate.
  ///
  /// - Parameter clients: In `0..<settings.clientCount`.
  public func plans(for clients: [Int]) -> [RoundPlan] {
    let (coefficients, probabilities) = (coefficients.rounded, probabilities)
    return clients.map { client in
      let windows = settings.sentWindows(at: round, known: state.knownRounds?[client])
      return RoundPlan(
        settings: settings.digest, round: round, client: client,
        localSteps: settings.localSteps,
        coefficients: windows.map { coefficients.windows($0.numbers, size: $0.size) }
          ?? coefficients,
        precision: settings.precision, probabilities: probabilities,
        candidateCount: coefficients.count, windows: windows)
    }
  }

  /// Forgets what a client knows of A, which has lost it: its next plan is one for a newcomer.
  public mutating func forget(client: Int) { state.knownRounds?[client] = nil }

  /// Takes in the reply of a client, or the sum of several clients' updates, in any order.
  ///
  /// - Throws: ``FederationError`` if the update is not an allowed answer; it is then ignored.
  public mutating func receive(_ reply: Reply) throws(FederationError) {
    let update = reply.update
    let client = update.client
    guard isOpen else { throw .noRoundOpen(client: client) }
    for client in reply.clients { try checkIsAwaited(client) }
    try settings.check(update, round: round, terms: reply.clients.count)
    try aggregator.check(update, candidateCount: settings.candidateCount)
    for client in reply.clients { replies[client] = nil }
    replies[client] = .some(reply)
  }

  private func checkIsAwaited(_ client: Int) throws(FederationError) {
    guard let earlier = replies[client] else {
      throw .notAParticipant(client: client, round: round)
    }
    guard earlier == nil else { throw .alreadyReported(client: client, round: round) }
  }

  /// Averages the updates into the coefficients, closes the round and tells about it.
  ///
  /// - Parameter quorum: How many answers are enough, at least 1; `nil` for those of all participants.
  ///   The weights are then shares among those who answered.
  /// - Throws: ``FederationError`` if too few participants have answered, `SeedBasisError` if a
  ///   coefficient would overflow; the round then stays open.
  public mutating func finishRound(quorum: Int? = nil) throws -> RoundRecord {
    precondition(isOpen, "finishRound without beginRound")
    let received = replies.values.compactMap(\.self).sorted { $0.update.client < $1.update.client }
    let missing = replies.filter { $0.value == nil }.keys.sorted()
    let answered = received.reduce(0) { $0 + $1.clients.count }
    let asked = answered + missing.count
    guard answered >= min(asked, max(1, quorum ?? asked)) else {
      throw FederationError.missingUpdates(round: round, clients: missing)
    }
    let updates = received.map(\.update)
    try aggregator.merge(updates, into: &state.model)
    recordScalars(of: updates)
    if settings.windowSize != nil {
      let known = updates.map { ($0.client, round) }
      state.knownRounds = (state.knownRounds ?? [:]).merging(known) { $1 }
    }
    defer {
      state.round += 1
      (replies, isOpen) = ([:], false)
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
    guard let rule = settings.significance, let probabilities, let learningRate else { return }
    let rate = learningRate.value(at: round * settings.localSteps) / Double(settings.directions)
    let distribution = CandidateDistribution(probabilities)
    for step in updates.flatMap(\.update.records) {
      let importance = rule.isUnbiased ? distribution.importance(of: step.candidate) : 1
      state.significance?.record(
        Double(step.increment) / (rate * importance), of: step.candidate, by: rule)
    }
  }

  private var aggregator: Aggregator {
    Aggregator(
      incrementLimit: settings.incrementLimit, aggregation: settings.aggregation,
      optimizer: settings.optimizer,
      precision: settings.precision, window: settings.sentWindow(of: round),
      noise: noise(of: round))
  }

  /// The noise of a round; `nil` without central noise.
  package func noise(of round: Int) -> CentralNoise? {
    CentralNoise(settings, secret: state.secret, round: round)
  }
}

extension ParticipantRecord {
  fileprivate init(_ reply: Reply, weight: Double) {
    self.init(
      client: reply.update.client, exampleCount: reply.update.exampleCount, weight: weight,
      steps: reply.update.stepCount, skippedSteps: reply.update.skippedCount,
      meanLoss: reply.update.meanLoss.map(Double.init), traffic: reply.traffic)
  }
}
