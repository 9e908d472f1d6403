internal import CounterRandom
internal import SeedBasis
public import SeedDescent

/// A client that tunes an objective on batches of its own.
///
/// Its batches and its sampler go on from round to round, and are all the state there is to save; with
/// windows also what it knows of A.
/// The coefficients start from the plan's in every round; the client's own are then thrown away.
public struct FederatedClient<
  Loss: Objective, Batches: IteratorProtocol<Loss.Batch> & Sendable
>: ClientTrainer {
  /// The client's number.
  public let id: Int
  /// The number of its training examples, its weight in the average.
  public let exampleCount: Int
  /// Told about every step; may throw to stop.
  public var onStep: @Sendable (Step) throws -> Void = { _ in }

  /// The batches still to come, without end.
  public var batches: Batches
  /// Chooses the candidates.
  public var sampler: CandidateSampler
  /// A as the client knows it, where rounds have windows.
  public var known: KnownModel?
  /// Where the noise of private updates comes from; that of a simulation until another is set.
  public var secret: PrivacySecret

  private let settings: FederationSettings
  private let tuner: LocalTuner
  private let makeObjective: @Sendable () -> Loss

  /// Creates a client at the start of its data.
  ///
  /// - Parameters:
  ///   - id: The client's number, in `0..<clientCount`.
  ///   - settings: What the federation agreed on.
  ///   - tuner: ε, η and the rule for skipping a step.
  ///   - batches: The client's batches, without end.
  ///   - exampleCount: The number of training examples; at least 1.
  ///   - objective: Makes the loss of a round. An objective may hold weights that have been moved
  ///     along its steps, which no other round and no client at work beside it may see.
  public init(
    id: Int, settings: FederationSettings, tuner: LocalTuner, batches: Batches, exampleCount: Int,
    objective: @escaping @Sendable () -> Loss
  ) {
    self.id = id
    self.settings = settings
    self.tuner = tuner
    self.batches = batches
    self.exampleCount = exampleCount
    makeObjective = objective
    secret = PrivacySecret(simulatedBy: settings.seed, member: id)
    sampler = CandidateSampler(
      candidateCount: settings.candidateCount, rule: settings.candidateRule,
      seed: settings.seed, client: id)
  }

  /// Takes the plan's steps.
  ///
  /// - Throws: ``FederationError`` if the plan is for another client or other settings, or the
  ///   batches end; and the errors of the objective and of ``onStep``.
  public mutating func train(_ plan: RoundPlan) throws -> ClientUpdate {
    let model = try model(of: plan)
    let firstFresh = try settings.firstFreshCandidate(of: plan)
    var state = TunerState(
      coefficients: try Coefficients(model), sampler: sampler,
      step: plan.round * plan.localSteps)
    state.sampler.begin(
      round: plan.round, firstFresh: firstFresh, probabilities: plan.probabilities)
    let history = try roundTuner(plan.round, at: state.step).run(
      plan.localSteps, from: &state, on: makeObjective(), nextBatch: { try nextBatch() },
      onStep: onStep)
    sampler = state.sampler
    if plan.windows != nil { known = KnownModel(coefficients: model, round: plan.round) }
    return answer(to: plan, history)
  }

  /// Returns A at the start of the plan's round, shape `(K)`.
  ///
  /// - Throws: ``FederationError`` if the plan is for another client or other settings, or has only what
  ///   changed since a round that the client does not know.
  public func model(of plan: RoundPlan) throws(FederationError) -> [Float] {
    try settings.check(plan, client: id)
    return try plan.model(knowing: known)
  }

  /// Returns the update that tells what the steps changed, if it is one that may be sent.
  private func answer(to plan: RoundPlan, _ history: StepHistory) -> ClientUpdate {
    var rounding = RandomStream(
      seed: settings.seed, tag: .updateRounding, a: UInt32(id), b: UInt32(plan.round))
    if let rule = settings.privacy {
      return ClientUpdate(
        to: plan, history: history, by: rule, settings: settings, secret: secret,
        rounding: &rounding)
    }
    return ClientUpdate(
      to: plan, exampleCount: exampleCount, history: history,
      incrementLimit: settings.incrementLimit, window: settings.sentWindow(of: plan.round),
      rounding: &rounding)
  }

  /// The learning rate does not change within a round, so that the server knows that of every step.
  private func roundTuner(_ round: Int, at firstStep: Int) -> LocalTuner {
    var tuner = tuner
    tuner.learningRate = tuner.learningRate.held(at: firstStep)
    tuner.incrementLimit = settings.incrementLimit
    tuner.window = settings.sentWindow(of: round)
    tuner.weighsByImportance = settings.significance?.isUnbiased ?? false
    return tuner
  }

  private mutating func nextBatch() throws(FederationError) -> Loss.Batch {
    guard let batch = batches.next() else { throw .outOfBatches(client: id) }
    return batch
  }
}
