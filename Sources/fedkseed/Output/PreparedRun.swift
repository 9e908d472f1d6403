internal import Datasets
internal import Federation
internal import FineTuning
internal import Foundation
internal import LanguageModels
internal import SeedBasis
internal import Weights
internal import SeedDescent

/// A run of which everything has been read and checked, ready to start.
struct PreparedRun {
  let base: BaseModel
  let data: TuningData
  let encoder: ExampleEncoder
  let method: TuningSettings
  /// Everything needed to repeat the run.
  let settings: [Setting]
  let threads: Int

  /// The settings that define the result: all but the places of files, the machine and how often a run
  /// is saved.
  var definingSettings: [String: String] {
    let places = ["model", "data", "isa", "tool-version", "checkpoint-every"]
    return Dictionary(
      uniqueKeysWithValues: settings.filter { !places.contains($0.name) }.map {
        ($0.name, $0.text)
      })
  }

  /// Returns the seed checkpoint of `coefficients`.
  func checkpoint(
    _ coefficients: Coefficients, basis: SeedBasis, steps: Int, rounds: Int
  ) -> SeedCheckpoint {
    SeedCheckpoint(
      baseHash: base.store.identity(), parameterMapHash: base.store.parameterMapHash,
      basis: basis, coefficients: coefficients,
      history: SeedCheckpoint.History(
        epsilon: method.epsilon, learningRate: method.learningRate, steps: steps,
        rounds: rounds, tool: "fedkseed \(FedKSeed.version)", settings: definingSettings))
  }

  /// The number of sample answers.
  private static let sampleCount = 3

  /// The number of tokens of a sample answer at most.
  private static let sampleLength = 32

  /// Some held-out examples whose answers are shown before and after.
  var sampleExamples: [Example] {
    data.sampleExamples(count: Self.sampleCount).filter {
      encoder.promptTokens(for: $0).count + Self.sampleLength
        <= base.model.configuration.contextLength
    }
  }

  /// Returns the answers to ``sampleExamples`` at `coefficients`.
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

/// What the model answered to a held-out example before and after tuning.
struct SampleAnswer: Encodable {
  let instruction: String
  let context: String
  let expected: String
  let before: String
  let after: String
}
