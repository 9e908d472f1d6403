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
    oldDataFingerprint = dataset.descriptionFingerprint
  }

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

/// What the model answered to a held-out example before and after tuning.
package struct SampleAnswer: Encodable, Sendable {
  package let instruction: String
  package let context: String
  package let expected: String
  package let before: String
  package let after: String
}

extension PreparedRun {
  /// The number of sample answers.
  private static let sampleCount = 3

  /// The number of tokens of a sample answer at most.
  private static let sampleLength = 32

  /// Some held-out examples whose answers are shown before and after.
  private var sampleExamples: [Example] {
    data.sampleExamples(count: Self.sampleCount).filter { example in
      let count = (try? encoder.promptTokens(for: example).count) ?? 0
      return !example.isText && count > 0
        && count + Self.sampleLength <= base.model.configuration.contextLength
    }
  }

  /// Returns the answers to the sample examples at `coefficients`.
  func sampleAnswers(at coefficients: Coefficients, of basis: SeedBasis) throws -> [String] {
    try base.answers(
      to: sampleExamples, encoder: encoder, limit: Self.sampleLength,
      weights: base.tuned(by: coefficients, of: basis)
    ).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  /// Returns the samples with the answers before and after.
  func samples(before: [String], after: [String]) -> [SampleAnswer] {
    zip(sampleExamples, zip(before, after)).map { example, answers in
      SampleAnswer(
        instruction: example.instruction, context: example.context, expected: example.response,
        before: answers.0, after: answers.1)
    }
  }
}
