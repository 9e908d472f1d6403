internal import SeedDescent
package import Settings

/// How long a run of `tune` is, and what is done on the way.
///
/// The counterpart of `SimulationSettings`.
package struct LocalRunSettings: Equatable, Sendable {
  /// The number of steps.
  package var steps: Int
  /// The number of steps from one saved state to the next.
  package var checkpointEvery = 20
  /// The number of steps from one held-out loss to the next; `nil` for some eight between start and end.
  package var evaluateEvery: Int?
  /// The run stops after so many of these losses that are no lower; `nil` for never.
  package var patience: Int?

  /// Creates the settings of a run of that length.
  package init(steps: Int) { self.steps = steps }

  /// What files, checkpoints and reports say of these settings.
  package var record: SettingsRecord {
    [
      .steps: steps, .checkpointEvery: checkpointEvery, .evaluateEvery: evaluateEvery,
      .patience: patience,
    ]
  }

  /// Returns the plan of the run.
  ///
  /// - Throws: ``SettingsError`` that names the setting outside its range.
  package func plan() throws(SettingsError) -> RunPlan {
    let range = 1...1 << 30
    var plan = RunPlan(length: try SettingsError.within(range, steps, .steps))
    plan.savingInterval = try SettingsError.within(range, checkpointEvery, .checkpointEvery)
    if let evaluateEvery {
      plan.evaluationInterval = try SettingsError.within(range, evaluateEvery, .evaluateEvery)
    }
    if let patience {
      plan.stopping = try EarlyStopping(patience: patience)
      guard evaluateEvery != nil else {
        throw SettingsError(
          .patience, found: "\(patience)",
          expected: "left out, or given with '--evaluate-every', whose measurements it counts")
      }
    }
    return plan
  }
}
