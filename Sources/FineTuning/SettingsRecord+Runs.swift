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
    return method == .fedkseedPro ? settings.merging(significanceRecord) : settings
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
  public var record: SettingsRecord {
    [
      .clients: clients, .participation: participation, .rounds: rounds,
      .localSteps: localSteps, .partition: partition, .serverMomentum: serverMomentum,
      .incrementLimit: incrementLimit, .patience: patience,
    ]
  }
}
