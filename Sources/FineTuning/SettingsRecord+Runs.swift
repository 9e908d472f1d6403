internal import Datasets
internal import Federation
internal import SeedBasis
internal import SeedDescent
public import Settings

// Where settings become the record of a run: the only lists of them beside the options.

extension TuningSettings {
  /// What files, checkpoints and reports say of these settings.
  public var record: SettingsRecord {
    let settings: SettingsRecord = [
      .template: template.rawValue, .lengthLimit: lengthLimit, .endToken: hasEndToken, .seed: seed,
      .method: method.rawValue, .objective: objective.rawValue, .basis: basis.rawValue,
      .candidates: candidates, .parameters: parameters, .mode: effectiveMode.rawValue,
      .storage: storage.rawValue, .learningRate: learningRate, .schedule: schedule.rawValue,
      .warmup: warmup, .epsilon: epsilon, .directions: directions, .estimator: estimator.rawValue,
      .draws: draws.rawValue, .batch: batch, .order: order.rawValue, .heldOut: heldOut,
      .lossDifferenceLimit: lossDifferenceLimit, .scalarClip: scalarClip,
    ]
    return
      settings.merging(method == .fedkseedPro ? significanceRecord : [:])
      .merging(estimator == .backprop ? descentRecord : [:])
      .merging(accumulate == 1 ? [:] : [.accumulate: accumulate])
      .merging(templateSha256 == nil ? [:] : [.templateSha256: templateSha256])
  }

  private var descentRecord: SettingsRecord {
    var record: SettingsRecord = [
      .optimizer: optimizer.name, .normLimit: normLimit, .recompute: recompute.rawValue,
    ]
    switch optimizer {
    case .sgd: break
    case .momentum(let beta): record = record.merging([.momentum: beta])
    case .adam(let beta1, let beta2, let epsilon):
      record = record.merging([.beta1: beta1, .beta2: beta2, .adamEpsilon: epsilon])
    }
    return record
  }

  private var significanceRecord: SettingsRecord {
    [
      .significanceClip: significance.clip, .hasLeadingZero: significance.hasLeadingZero,
      .isUnbiased: significance.isUnbiased,
    ]
  }

  private var draws: CandidateRule {
    isWithoutReplacement ? .withoutReplacement : .withReplacement
  }
}

extension SimulationSettings {
  /// What files, checkpoints and reports say of these settings.
  ///
  /// Without the number of clients at work at once, on which no result depends.
  public func record(with settings: TuningSettings) -> SettingsRecord {
    let record: SettingsRecord = [
      .clients: clients, .participation: participation, .rounds: rounds,
      .localSteps: localSteps, .partition: partition, .serverMomentum: serverOptimizer.momentum,
      .incrementLimit: incrementLimit, .patience: patience, .precision: precision?.rawValue,
      .window: window, .aggregation: aggregation == .mean ? nil : "\(aggregation)",
    ]
    return record.merging(serverAdamRecord).merging(privacyRecord(with: settings))
      .merging(settings.estimator == .backprop ? descentRecord(with: settings) : [:])
  }

  private func privacyRecord(with settings: TuningSettings) -> SettingsRecord {
    guard let privacy else { return [:] }
    return [
      .precision: effectivePrecision(with: settings).rawValue,
      .privacy: privacy.placement.rawValue, .privacyClip: privacy.clip,
      .privacyNoise: privacy.noiseMultiplier,
    ]
  }

  private var serverAdamRecord: SettingsRecord {
    guard case .adam(let learningRate, _, let beta2, let tau) = serverOptimizer else { return [:] }
    return [
      .serverOptimizer: "adam", .serverLearningRate: learningRate, .serverBeta2: beta2,
      .serverTau: tau,
    ]
  }

  private func descentRecord(with settings: TuningSettings) -> SettingsRecord {
    let precision = effectivePrecision(with: settings).rawValue
    guard zerothOrderShare > 0 else { return [.precision: precision] }
    return [
      .precision: precision, .zerothOrderShare: zerothOrderShare,
      .zerothOrderLearningRate: zerothOrderLearningRate,
    ]
  }
}
