package import Datasets
package import FineTuning
internal import Foundation
internal import LanguageModels
internal import SeedBasis
package import Settings
internal import Weights

/// A run of which everything has been read and checked, ready to start.
package struct PreparedRun {
  /// The model.
  package let base: LoadedModel
  /// Its examples.
  package let data: TuningData
  /// What turned them into tokens.
  package let encoder: ExampleEncoder
  /// How it is tuned.
  package let method: TuningSettings
  /// Everything needed to repeat the run.
  package let settings: SettingsRecord
  /// What the examples were read from, in a line.
  let dataFormat: String
  /// The fingerprint of the data that a run recorded which began before the options to choose from
  /// counted.
  package let oldDataFingerprint: String

  /// Puts together what was read, and makes the record of it.
  ///
  /// - Parameters:
  ///   - base: The model.
  ///   - dataset: The examples as they were read.
  ///   - data: The same, encoded and divided.
  ///   - encoder: What encoded them.
  ///   - method: How the model is tuned.
  ///   - settings: What else the run is made of: names of files, the version, its length.
  package init(
    _ base: LoadedModel, dataset: Dataset, data: TuningData, encoder: ExampleEncoder,
    method: TuningSettings, settings: SettingsRecord
  ) {
    self.base = base
    self.data = data
    self.encoder = encoder
    self.method = method
    self.settings = settings.merging(method.record).merging([
      .modelSha256: base.store.identity(), .dataSha256: dataset.fingerprint,
    ])
    dataFormat = dataset.formats.map(\.text).joined(separator: ", ")
    oldDataFingerprint = dataset.descriptionFingerprint
  }

  /// The number of examples whose mean is the loss of a step.
  var examplesPerStep: Int { method.batch * method.accumulate }

  /// The mean number of tokens of a step's examples.
  var tokensPerStep: Double { Double(examplesPerStep) * data.meanTokenCount }

  /// The settings that define the result, as texts.
  var definingSettings: [String: String] { settings.filter(\.definesResult).texts }

  /// Returns the seed checkpoint of `coefficients`.
  func checkpoint(
    _ coefficients: Coefficients, basis: SeedBasis, steps: Int, rounds: Int
  ) -> SeedCheckpoint {
    let version = settings[.toolVersion]?.description ?? "unknown"
    return SeedCheckpoint(
      baseHash: base.store.identity(), parameterMapHash: base.store.parameterMapHash,
      basis: basis, coefficients: coefficients,
      history: SeedCheckpoint.History(
        epsilon: method.epsilon, learningRate: method.learningRate, steps: steps,
        rounds: rounds, tool: "fedkseed \(version)", settings: definingSettings))
  }

  /// The last part of the model's path, for headings.
  var modelName: String {
    base.store.path.split(separator: "/").last.map(String.init) ?? base.store.path
  }
}

extension SettingKey {
  /// Whether a run of another value comes to another result: all but the places of files, the machine and
  /// how often a run is saved.
  package var definesResult: Bool {
    switch self {
    case .model, .data, .instructionSet, .toolVersion, .checkpointEvery, .concurrentClients,
      .recompute:
      false
    default: true
    }
  }
}
