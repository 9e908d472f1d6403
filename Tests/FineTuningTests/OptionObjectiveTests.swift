import Datasets
import FineTuning
import Foundation
import LanguageModels
import SeedBasis
import Testing
import SeedDescent

@Suite("Choosing an option as the objective")
struct OptionObjectiveTests {
  private let base: LoadedModel
  private let examples: [Example]

  init() throws {
    base = try .tiny()
    examples = (0..<40).map { number in
      Example(
        instruction: "Is \(number) odd or even?", response: number % 2 == 0 ? "even" : "odd",
        category: "parity", options: ["odd", "even", "either of them"])
    }
  }

  private func encoder() throws -> ExampleEncoder {
    var encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    encoder.includesOptions = true
    return encoder
  }

  /// The loss of choosing by its definition: every option is a text of its own, computed alone.
  private func choiceLoss(
    _ question: TokenizedQuestion, weights: ExplicitWeights
  ) throws -> Double {
    let scores = try question.options.map { option in
      let text = question.prompt + option.tokens
      let sequence = PackedBatch.Sequence(text, labels: question.prompt.count..<text.count)
      return -(try base.model.losses(of: PackedBatch([sequence]), weights: weights)[0].mean)
    }
    return log(scores.reduce(0) { $0 + exp($1) }) - scores[question.answer]
  }

  @Test(
    "both sides are the losses of choosing, by the definition",
    arguments: BasisKind.allCases, WeightMode.allCases)
  func definition(kind: BasisKind, mode: WeightMode) throws {
    let basis = try SeedBasis(kind: kind, seed: 9, candidateCount: 16)
    let coefficients = try Coefficients((0..<16).map { Float($0 - 8) * 2e-4 })
    let encoded = try examples[..<4].map { try encoder().encode($0) }
    let objective = LossObjective(base: base, basis: basis, mode: mode, objective: .options)
    let found = try objective.losses(
      on: TuningBatch(encoded), at: coefficients,
      perturbedBy: Perturbation(candidate: 3, epsilon: 0.05))
    let expected = try [Float(0.05), -0.05].map { epsilon in
      let weights = basis.moved(
        base.store, coefficients, Perturbation(candidate: 3, epsilon: epsilon))
      return try encoded.reduce(0) {
        $0 + (try choiceLoss(#require($1.question), weights: weights)) / 4
      }
    }
    // A choice differs by twice what the losses of the options differ by.
    let tolerance = 2 * base.lossTolerance(roundings: 17)
    #expect(abs(found.plus - expected[0]) <= tolerance, "\(found.plus - expected[0])")
    #expect(abs(found.minus - expected[1]) <= tolerance, "\(found.minus - expected[1])")
    #expect(abs(expected[0] - expected[1]) > 10 * tolerance)
  }

  @Test("options that are equally likely have the loss of chance")
  func chance() throws {
    let twins = Example(
      instruction: "Heads or tails?", response: "heads", category: "coin",
      options: ["heads", "heads"])
    let score = try base.score([encoder().encode(twins)], weights: base.store)
    #expect(abs(score.lossPerExample - log(2)) <= base.lossTolerance())
  }

  @Test("tuning by it lowers the held-out loss of choosing")
  func learning() throws {
    var settings = TuningSettings.small()
    (settings.objective, settings.learningRate) = (.options, 1e-4)
    // An answer that the test model finds unlikely.
    let unlikely = examples.map { example in
      var example = example
      example.response = "either of them"
      return example
    }
    let data = try TuningData(
      Dataset(examples: unlikely), encoder: ExampleEncoder(tokenizer: base.tokenizer),
      settings: settings)
    var tuning = try Tuning(base: base, data: data, settings: settings, steps: 60)
    let before = try tuning.score().lossPerExample
    for _ in 0..<60 { try tuning.step() }
    #expect(try tuning.score().lossPerExample < 0.97 * before)
  }

  @Test("examples without options are left out, and the reason says what to do")
  func rejection() throws {
    var settings = TuningSettings.small()
    settings.objective = .options
    let mixed = Dataset(examples: examples + Tasks.examples)
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    let data = try TuningData(mixed, encoder: encoder, settings: settings)
    #expect(data.training.count + data.heldOut.count == 40)
    #expect(try #require(data.rejectionSummary).contains("list the answers to choose from"))
  }
}
