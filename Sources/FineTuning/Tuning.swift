public import SeedBasis
public import SeedDescent

internal import Settings
internal import LanguageModels

/// Tuning on one machine: zeroth-order descent over the seed pool.
///
/// As MeZO (arXiv:2305.17333), but every step moves along one of K fixed directions, so that the result
/// is K numbers.
///
///     var tuning = try Tuning(base: base, data: data, settings: settings, steps: 500)
///     for _ in 0..<500 { try tuning.step() }
public struct Tuning {
  /// What one step did.
  public struct Step: Equatable, Sendable {
    /// What was measured.
    public let progress: StepProgress
    /// The updates, at most one for each direction of the step.
    public let records: [StepRecord]
  }

  /// The directions.
  public let basis: SeedBasis

  /// The number of steps done.
  public private(set) var stepCount = 0

  /// The coordinates of the tuned model.
  public private(set) var coefficients: Coefficients

  private let base: BaseModel
  private let data: TuningData
  private let tuner: LocalTuner
  private let objective: LossObjective
  private var sampler: CandidateSampler
  private var batches: ClientBatches

  /// Creates a run before its first step.
  ///
  /// - Parameter steps: The number of steps to come, by which the learning rate falls.
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public init(base: BaseModel, data: TuningData, settings: TuningSettings, steps: Int) throws {
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
    coefficients = Coefficients(candidateCount: settings.candidates)
    sampler = settings.makeSampler()
    batches = ClientBatches(data.training, settings: settings, client: 0)
  }

  /// What ``resume(at:after:)`` needs to go on from here, beside the updates.
  public var state: TuningState {
    TuningState(
      step: stepCount, coefficients: coefficients,
      client: ClientState(samplerPosition: sampler.position, batches: batches.state))
  }

  /// Moves to a saved state; the steps to come have the bits of a run that never stopped.
  ///
  /// - Parameter records: The updates of each step before the state, in order.
  /// - Throws: ``StateError`` or ``BatchStateError`` if state and records do not fit each other or this
  ///   run, `SeedBasisError` if a record is not along a candidate.
  public mutating func resume(at state: TuningState, after records: [[StepRecord]]) throws {
    try StateError.check("step", state.step, atMost: 1 << 30)
    var coefficients = Coefficients(candidateCount: basis.candidateCount)
    objective.follow(to: coefficients)
    for step in records {
      for record in step {
        try StateError.check("candidate", record.candidate, atMost: basis.candidateCount - 1)
        try coefficients.add(Double(record.increment), to: record.candidate)
      }
      objective.follow(to: coefficients)
    }
    guard coefficients == state.coefficients else {
      throw StateError(
        place: "coefficients", found: "SHA-256 \(state.coefficients.digest)",
        expected: "\(coefficients.digest), the sum of the recorded updates")
    }
    self.coefficients = coefficients
    stepCount = state.step
    sampler.position = state.client.samplerPosition
    try batches.resume(at: state.client.batches)
  }

  /// Takes one step.
  ///
  /// - Throws: ``ModelError`` if an example does not fit the model.
  @discardableResult
  public mutating func step() throws -> Step {
    var watched: StepProgress?
    // A copy, because the closure below holds `self`.
    var batches = batches
    let history = try tuner.run(
      steps: stepCount..<stepCount + 1, on: objective, from: &coefficients, choosing: &sampler,
      nextBatch: { batches.nextBatch() }, onStep: { watched = $0 })
    self.batches = batches
    stepCount += 1
    guard let watched else { preconditionFailure("a step told nothing") }
    return Step(progress: watched, records: history.records)
  }

  /// Returns the held-out score of the tuned model.
  public func score() throws -> Score {
    try base.score(data.heldOut, weights: base.tuned(by: coefficients, of: basis))
  }
}
