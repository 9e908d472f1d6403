public import SeedBasis
public import ZerothOrder

internal import LanguageModels

/// Tuning on one machine: zeroth-order descent over the seed pool.
///
/// As MeZO (arXiv:2305.17333), but every step moves along one of K fixed directions, so that the result
/// is K numbers.
public struct Tuning: Sendable {
  /// What a run came to.
  public struct Result: Sendable {
    /// The tuned coordinates.
    public let coefficients: Coefficients
    /// The steps taken and skipped.
    public let history: StepHistory
    /// The held-out scores.
    public let before, after: Score
  }

  /// The directions.
  public let basis: SeedBasis

  private let base: BaseModel
  private let data: TuningData
  private let settings: TuningSettings
  private let tuner: LocalTuner

  /// Creates a run.
  ///
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public init(base: BaseModel, data: TuningData, settings: TuningSettings) throws {
    try settings.validate()
    self.base = base
    self.data = data
    self.settings = settings
    basis = try settings.makeBasis()
    tuner = try settings.makeTuner()
  }

  /// Takes `steps` steps.
  ///
  /// - Throws: ``ModelError`` if an example does not fit the model, and what `onStep` throws.
  public func run(
    steps: Int, onStep: (StepProgress) throws -> Void = { _ in }
  ) throws -> Result {
    var coefficients = Coefficients(candidateCount: settings.candidates)
    var sampler = CandidateSampler(candidateCount: settings.candidates, seed: settings.seed)
    var batches = ClientBatches(data.training, settings: settings, client: 0)
    let before = try score(coefficients)
    let history = try tuner.run(
      steps: 0..<steps,
      on: LossObjective(base: base, basis: basis, mode: settings.effectiveMode),
      from: &coefficients, choosing: &sampler,
      nextBatch: { batches.nextBatch() }, onStep: onStep)
    return Result(
      coefficients: coefficients, history: history, before: before,
      after: try score(coefficients))
  }

  private func score(_ coefficients: Coefficients) throws -> Score {
    try base.score(data.heldOut, weights: base.tuned(by: coefficients, of: basis))
  }
}
