public import SeedBasis
public import SeedDescent
internal import Settings

/// Tuning on one machine: descent over the seed pool.
///
/// As MeZO (arXiv:2305.17333), but every step moves along one of K fixed directions, or along all
/// of them against their exact slopes, so that the result is K numbers.
///
///     var tuning = try Tuning(base: base, data: data, settings: settings, steps: 500)
///     for _ in 0..<500 { try tuning.step() }
public struct Tuning {
  /// The directions.
  public let basis: SeedBasis

  /// The number of steps done.
  public var stepCount: Int { position.step }

  /// The coordinates of the tuned model.
  public var coefficients: Coefficients { position.coefficients }

  private let base: LoadedModel
  private let data: TuningData
  private let tuner: LocalTuner
  private let objective: LossObjective
  private var position: TunerState
  private var batches: ClientBatches

  /// Creates a run before its first step.
  ///
  /// - Parameter steps: The number of steps to come, by which the learning rate falls.
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public init(base: LoadedModel, data: TuningData, settings: TuningSettings, steps: Int) throws {
    try settings.validate()
    self.base = base
    self.data = data
    basis = try settings.makeBasis()
    guard settings.method == .fedkseed || settings.method == .mezo else {
      throw SettingsError(
        .method, found: settings.method.rawValue,
        expected: "fedkseed or mezo on one machine")
    }
    try settings.checkCandidates(forSteps: steps)
    tuner = try settings.makeTuner(steps: steps)
    objective = LossObjective(base: base, basis: basis, settings: settings)
    position = TunerState(
      coefficients: Coefficients(candidateCount: settings.candidates),
      sampler: settings.makeSampler())
    batches = ClientBatches(data.training, settings: settings, client: 0)
  }

  /// What ``resume(at:after:)`` needs to go on from here, beside the updates.
  public var state: TuningState {
    TuningState(
      step: stepCount, coefficients: coefficients,
      client: ClientState(samplerPosition: position.sampler.position, batches: batches.state),
      optimizer: tuner.estimator == .backprop ? position.optimizer : nil)
  }

  /// Moves to a saved state; the steps to come have the bits of a run that never stopped.
  ///
  /// - Parameter updates: What each step before the state changed, in order.
  /// - Throws: ``StateError`` or ``BatchStateError`` if state and updates do not fit each other or
  ///   this run, `SeedBasisError` if an update is of another K or leaves the range of numbers.
  public mutating func resume(at state: TuningState, after updates: [StepUpdate]) throws {
    try StateError.check("step", state.step, atMost: 1 << 30)
    if position.sampler.rule != .withReplacement {
      // One candidate for each direction; from anywhere else the sampler could run out of them.
      try StateError.check(
        "sampler position", state.client.samplerPosition,
        UInt64(state.step) * UInt64(tuner.directions))
    }
    var coefficients = Coefficients(candidateCount: basis.candidateCount)
    objective.start(at: coefficients)
    for update in updates {
      try coefficients.add(update)
      objective.move(by: update, to: coefficients)
    }
    guard coefficients == state.coefficients else {
      throw StateError(
        place: "coefficients", found: "SHA-256 \(state.coefficients.digest)",
        expected: "\(coefficients.digest), the sum of the recorded updates")
    }
    position.optimizer = try optimizer(of: state, after: updates)
    position.coefficients = coefficients
    position.step = state.step
    position.sampler.position = state.client.samplerPosition
    try batches.resume(at: state.client.batches)
  }

  /// Returns what the optimiser carries on from `state`.
  private func optimizer(
    of state: TuningState, after updates: [StepUpdate]
  ) throws(StateError) -> OptimizerState {
    let isNeeded = tuner.estimator == .backprop
    guard (state.optimizer != nil) == isNeeded else {
      throw StateError(
        place: "optimizer", found: isNeeded ? "none" : "one", expected: isNeeded ? "one" : "none")
    }
    guard let optimizer = state.optimizer else { return OptimizerState() }
    // It does not count the steps that were skipped.
    let stepCount = updates.count { !$0.isEmpty }
    try optimizer.check(fits: tuner.optimizer, coefficients: basis.candidateCount, steps: stepCount)
    return optimizer
  }

  /// Takes one step.
  ///
  /// - Throws: ``ModelError`` if an example does not fit the model.
  @discardableResult
  public mutating func step() throws -> Step {
    try tuner.step(&position, on: objective, batch: batches.nextBatch())
  }

  /// The learning rate of the next step.
  public var learningRate: Double { tuner.learningRate.value(at: stepCount) }

  /// Returns the held-out score of the tuned model.
  public func score() throws -> Score { try score(of: data.heldOut.indices) }

  /// Returns the score of the tuned model on the held-out examples at some places, at least one.
  ///
  /// - Parameter onProgress: Called with the number of examples that have been scored.
  public func score(
    of places: some Sequence<Int>, onProgress: (Int) -> Void = { _ in }
  ) throws -> Score {
    try base.score(places, heldOutOf: data, at: coefficients, of: basis, onProgress: onProgress)
  }
}
