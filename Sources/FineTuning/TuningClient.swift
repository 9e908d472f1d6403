public import Datasets
public import Federation
public import SeedBasis
public import SeedDescent

/// A client of a federation, by itself: a model, examples of its own, and what all have agreed on.
///
///     var client = try TuningClient(
///       id: 3, base: base, training: mine, heldOut: few, settings: settings, agreement: agreement,
///       steps: rounds * agreement.localSteps)
///     let update = try client.train(plan)          // the plan as the server sent it
///     let score = try client.evaluate(plan)
///
/// It keeps ``state`` from round to round, and nothing else: its owner saves it.
public struct TuningClient: ClientTrainer {
  /// The directions.
  public let basis: SeedBasis

  private let base: LoadedModel
  private let heldOut: [TokenizedExample]
  private var trainer: FederatedClient<LossObjective, ClientBatches>

  /// Creates a client before its first round.
  ///
  /// - Parameters:
  ///   - id: The client's number, in `0..<agreement.clientCount`.
  ///   - base: The model, which is not changed.
  ///   - training: Examples to train on; at least one.
  ///   - heldOut: Examples to evaluate on; none if the client does not.
  ///   - agreement: What the server has too, see ``SimulationSettings/agreement(on:digest:)``.
  ///   - steps: The number of steps of a client that takes part in every round, by which the learning
  ///     rate falls.
  ///   - onStep: Called after each step; may throw to stop the round.
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public init(
    id: Int, base: LoadedModel, training: [TokenizedExample], heldOut: [TokenizedExample] = [],
    settings: TuningSettings, agreement: FederationSettings, steps: Int,
    onStep: @escaping @Sendable (Step) throws -> Void = { _ in }
  ) throws {
    let basis = try settings.makeBasis()
    self.base = base
    self.heldOut = heldOut
    self.basis = basis
    trainer = FederatedClient(
      id: id, settings: agreement, tuner: try settings.makeTuner(steps: steps),
      batches: ClientBatches(training, settings: settings, client: id),
      exampleCount: training.count,
      objective: { LossObjective(base: base, basis: basis, settings: settings) })
    trainer.onStep = onStep
  }

  /// What survives from one round to the next.
  public var state: ClientState {
    ClientState(
      samplerPosition: trainer.sampler.position, batches: trainer.batches.state,
      knownRound: trainer.known?.round)
  }

  /// Where the noise of private updates comes from: that of a simulation, which protects nothing, until
  /// a client's own is set.
  package var secret: PrivacySecret {
    get { trainer.secret }
    set { trainer.secret = newValue }
  }

  /// The number of examples to train on, the client's weight in the average.
  public var exampleCount: Int { trainer.exampleCount }

  /// The number of examples to evaluate on.
  public var heldOutCount: Int { heldOut.count }

  /// A as the client knows it, where rounds have windows.
  public var known: KnownModel? { trainer.known }

  /// Moves to a saved state; the rounds to come have the bits of a client that never stopped.
  ///
  /// - Parameter coefficients: With windows, A as the client knew it at the start of `state.knownRound`; what
  ///   has moved since need not be right, as the next plan has it.
  /// - Throws: ``BatchStateError`` if the state is that of other examples.
  public mutating func resume(at state: ClientState, knowing coefficients: Coefficients) throws {
    try resume(at: state, knowing: state.known(coefficients.rounded))
  }

  /// Moves to a saved state, in which the client knows `known`.
  ///
  /// - Throws: ``BatchStateError`` if the state is that of other examples.
  mutating func resume(at state: ClientState, knowing known: KnownModel?) throws {
    try trainer.batches.resume(at: state.batches)
    trainer.sampler.position = state.samplerPosition
    trainer.known = known
  }

  /// Takes the plan's steps on the next batches of the client's own examples.
  ///
  /// - Throws: ``FederationError`` if the plan is for another client or other settings, and
  ///   ``ModelError`` if an example does not fit the model.
  public mutating func train(_ plan: RoundPlan) throws -> ClientUpdate { try trainer.train(plan) }

  /// Returns the score of the plan's model on the examples held out, at least one.
  ///
  /// - Parameter onProgress: Called with the number of examples that have been scored; may throw to stop.
  /// - Throws: ``FederationError`` as ``train(_:)``, and ``ModelError`` if an example does not fit the model.
  public func evaluate(
    _ plan: RoundPlan, onProgress: (Int) throws -> Void = { _ in }
  ) throws -> Score {
    try evaluate(Coefficients(trainer.model(of: plan)), onProgress: onProgress)
  }

  /// Returns the score of w(A) on the examples held out, at least one.
  ///
  /// - Throws: ``ModelError`` if an example does not fit the model, and the errors of `onProgress`.
  public func evaluate(
    _ coefficients: Coefficients, onProgress: (Int) throws -> Void = { _ in }
  ) throws -> Score {
    try base.score(
      heldOut, weights: base.tuned(by: coefficients, of: basis), onProgress: onProgress)
  }
}
