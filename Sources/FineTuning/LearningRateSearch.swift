internal import Foundation
public import SeedDescent

/// Short runs from one start with different learning rates, to find one that suits.
///
/// All of them see the same batches and the same directions, so that only the rate differs.
public struct LearningRateSearch: Sendable {
  /// What came of one rate.
  public struct Trial: Encodable, Equatable, Sendable {
    /// η.
    public let learningRate: Double
    /// The mean training loss over the second half of the steps, in nats; `nil` without updates.
    public let trainingLoss: Double?
    /// The mean held-out loss after the last step, in nats.
    public let heldOutLoss: Double
    /// How many directions gave no finite update.
    public let skippedCount: Int

    /// Creates the record of a run.
    package init(
      learningRate: Double, trainingLoss: Double?, heldOutLoss: Double, skippedCount: Int
    ) {
      self.learningRate = learningRate
      self.trainingLoss = trainingLoss
      self.heldOutLoss = heldOutLoss
      self.skippedCount = skippedCount
    }
  }

  private let base: LoadedModel
  private let data: TuningData
  private let settings: TuningSettings

  /// Creates a search.
  ///
  /// - Throws: ``SettingsError`` or `SeedBasisError` that names the setting.
  public init(base: LoadedModel, data: TuningData, settings: TuningSettings) throws {
    try settings.validate()
    self.base = base
    self.data = data
    self.settings = settings
  }

  /// The held-out loss before any step, in nats.
  public func lossBefore() throws -> Double {
    try base.score(data.heldOut, weights: base.store).lossPerExample
  }

  /// Takes `steps` steps at a learning rate, from the untuned model.
  ///
  /// - Throws: ``ModelError`` if an example does not fit the model, ``SettingsError`` if there are fewer
  ///   fresh directions than steps.
  public func trial(
    at learningRate: Double, steps: Int, onStep: (Step) -> Void = { _ in }
  ) throws -> Trial {
    var settings = settings
    settings.learningRate = learningRate
    // A federated method moves on one machine as the one it is made of.
    settings.method = settings.method.hasFreshDirections ? .mezo : .fedkseed
    var tuning = try Tuning(base: base, data: data, settings: settings, steps: steps)
    var losses: [Double] = []
    var skippedCount = 0
    for _ in 0..<steps {
      let step = try tuning.step()
      let loss = step.losses.mean
      if loss.isFinite { losses.append(loss) }
      skippedCount += step.skippedCount
      onStep(step)
    }
    let later = losses.suffix((losses.count + 1) / 2)
    return Trial(
      learningRate: learningRate,
      trainingLoss: later.isEmpty ? nil : later.reduce(0, +) / Double(later.count),
      heldOutLoss: try tuning.score().lossPerExample, skippedCount: skippedCount)
  }

  /// Returns `count` rates from `first` to `last`, each the same multiple of the one before.
  public static func grid(from first: Double, to last: Double, count: Int) -> [Double] {
    guard count > 1 else { return [first] }
    let factor = pow(last / first, 1 / Double(count - 1))
    return (0..<count).map { place in
      place == count - 1 ? last : first * pow(factor, Double(place))
    }
  }

  /// Returns the trial with the lowest held-out loss, or `nil` if none is below `lossBefore`.
  ///
  /// Rates above one that doubles the loss do not count: a model that is broken enough answers all
  /// alike, whose loss may be lower again.
  ///
  /// - Parameter trials: By ascending rate.
  public static func best(of trials: [Trial], lossBefore: Double) -> Trial? {
    trials.prefix { $0.heldOutLoss <= 2 * lossBefore }.filter { $0.heldOutLoss < lossBefore }
      .min { $0.heldOutLoss < $1.heldOutLoss }
  }
}
