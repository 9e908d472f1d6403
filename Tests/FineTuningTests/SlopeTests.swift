import Datasets
import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import SeedDescent
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Slopes along all directions")
struct SlopeTests {
  private static let models = ["", "/untied-bf16", "/../tiny-qwen2"]

  private func basis(
    _ kind: BasisKind, _ count: Int = 16, parameters: String? = nil
  ) throws -> SeedBasis {
    try SeedBasis(
      kind: kind, seed: 9, candidateCount: count, parameters: parameters.map(ParameterPattern.init))
  }

  /// Four examples of different lengths.
  private func batch(_ base: LoadedModel, _ objective: TuningObjective = .loss) throws
    -> TuningBatch
  {
    var encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    encoder.includesOptions = objective == .options
    let texts = ["Is 3 odd or even?", "Name a river.", "Write 7 as a word.", "?"]
    return TuningBatch(
      try texts.enumerated().map { index, text in
        let options = ["odd", "otter", "seven or more"]
        return try encoder.encode(
          Example(
            instruction: text, response: options[index % 3], category: "", options: options))
      })
  }

  @Test(
    "they are the quotients of differences of losses",
    arguments: BasisKind.trials,
    [(TuningObjective.loss, ""), (.tokenLoss, ""), (.options, ""), (.loss, "/../tiny-qwen2")])
  func differences(
    basis trial: (kind: BasisKind, count: Int),
    of subject: (objective: TuningObjective, model: String)
  ) throws {
    let base = try LoadedModel.tiny(subject.model)
    let objective = LossObjective(
      base: base, basis: try basis(trial.kind, trial.count), mode: .virtual,
      objective: subject.objective)
    let (batch, start) = (try batch(base, subject.objective), try Coefficients.trial(trial.count))
    let (loss, slopes) = try objective.lossAndGradient(on: batch, at: start)
    #expect(loss == (try objective.oneSidedLosses(on: batch, at: start, perturbedBy: []).base))
    // A choice differs by twice what the losses of its options differ by.
    let rounding = 2 * base.lossTolerance(roundings: 1)
    for candidate in [0, 1, 5, trial.count - 1] {
      let expected = try objective.slope(
        along: candidate, on: batch, at: start, width: 2e-3, rounding: rounding)
      #expect(abs(slopes[candidate] - expected.value) <= expected.tolerance)
    }
    let expected = try objective.slope(uphill: slopes, on: batch, at: start, rounding: rounding)
    #expect(abs(norm(slopes) - expected.value) <= expected.tolerance)
    #expect(expected.tolerance < 0.02 * norm(slopes))
  }

  @Test(
    "they are the same bits for any number of threads, and whatever is kept",
    arguments: [BasisKind.hadamard, .gaussian], [TuningObjective.loss, .options])
  func repeats(kind: BasisKind, objective: TuningObjective) throws {
    let start = try Coefficients.trial(16)
    let results = try [(1, BackwardPass.Keeping.inputs), (2, .everything), (3, .inputs)].map {
      threads, keeping in
      let base = try LoadedModel.tiny(threads: threads)
      return try LossObjective(
        base: base, basis: basis(kind), mode: .virtual, objective: objective, keeping: keeping
      ).slopeBits(on: batch(base, objective), at: start)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test("a dense copy has the same bits, wherever it was before", arguments: BasisKind.allCases)
  func dense(kind: BasisKind) throws {
    let base = try LoadedModel.tiny()
    let objectives = try WeightMode.allCases.map {
      LossObjective(base: base, basis: try basis(kind), mode: $0)
    }
    var coefficients = try Coefficients.trial(16)
    for _ in 0..<3 {
      let bits = try objectives.map { try $0.slopeBits(on: batch(base), at: coefficients) }
      #expect(bits[0] == bits[1])
      let update = StepUpdate.all((0..<16).map { Float($0) * 1e-4 })
      try coefficients.add(update)
      for objective in objectives { objective.move(by: update, to: coefficients) }
    }
  }

  @Test("a dense copy in bf16 has the same bits where all weights are bf16 already")
  func bfloat16() throws {
    let base = try LoadedModel.tiny("/untied-bf16")
    let (batch, zero) = (try batch(base), Coefficients(candidateCount: 16))
    let bits = try [WeightMode.virtual, .dense].map {
      try LossObjective(base: base, basis: basis(.hadamard), mode: $0, storage: .bf16)
        .slopeBits(on: batch, at: zero)
    }
    #expect(bits[0] == bits[1])
  }

  @Test(
    "on stored types they are those on the same numbers in f32, bit for bit", arguments: models,
    [ElementType.f32, .f16, .bf16, .q8_0, .q4_0])
  func storage(model: String, type: ElementType) throws {
    let folder = try TemporaryFolder()
    let basis = try basis(.hadamard, 64)
    let zero = Coefficients(candidateCount: 64)
    func export(_ base: LoadedModel, _ name: String, _ type: ElementType) throws -> LoadedModel {
      let path = folder.path + "/" + name
      try base.export(coefficients: zero, basis: basis, to: path, elementType: type)
      return try .open(path: path, context: ComputeContext(threads: Threads(2)))
    }
    let original = try LoadedModel.tiny(model)
    let stored = try export(original, "stored.gguf", type)
    let plain = try export(stored, "plain.gguf", .f32)
    let bits = try [original, stored, plain].map {
      try LossObjective(base: $0, basis: basis, mode: .virtual)
        .slopeBits(on: batch($0), at: .trial(64))
    }
    #expect(bits[1] == bits[2])
    #expect((bits[0] == bits[1]) == (type == .f32 || type == .bf16 && model == "/untied-bf16"))
  }

  @Test("an example counts once in the loss, a label once in the loss of tokens")
  func counted() throws {
    let base = try LoadedModel.tiny()
    let examples = Array(try Tasks.encoded(base)[..<8])
    let score = try base.score(examples, weights: base.store)
    let expected = [TuningObjective.loss: score.lossPerExample, .tokenLoss: score.lossPerToken]
    #expect(abs(score.lossPerExample - score.lossPerToken) > 100 * base.lossTolerance())
    for (objective, expected) in expected {
      let loss = LossObjective(
        base: base, basis: try basis(.hadamard), mode: .virtual, objective: objective)
      let found = try loss.oneSidedLosses(
        on: TuningBatch(examples), at: Coefficients(candidateCount: 16), perturbedBy: [])
      #expect(abs(found.base - expected) <= base.lossTolerance())
    }
  }

  @Test(
    "two passes have the slopes of one with all examples",
    arguments: [TuningObjective.loss, .tokenLoss, .options])
  func passes(objective: TuningObjective) throws {
    let base = try LoadedModel.tiny()
    let examples = try Tasks.encoded(base, objective)[..<8]
    let loss = LossObjective(
      base: base, basis: try basis(.hadamard, 64), mode: .virtual, objective: objective)
    let start = try Coefficients.trial(64)
    let whole = try loss.lossAndGradient(on: TuningBatch(Array(examples)), at: start)
    // Passes of different sizes: each example counts as much as any other.
    let divided = try loss.lossAndGradient(
      on: TuningBatch(passes: [Array(examples[..<5]), Array(examples[5...])]), at: start)
    #expect(abs(whole.loss - divided.loss) <= 2 * base.lossTolerance())
    let size = norm(whole.gradient) / 8
    for (a, b) in zip(whole.gradient, divided.gradient) {
      #expect(abs(a - b) <= 2 * base.slopeTolerance() * size)
    }
    let half = try loss.lossAndGradient(on: TuningBatch(Array(examples[..<5])), at: start)
    #expect(norm(zip(half.gradient, whole.gradient).map { $0 - $1 }) > 0.01 * norm(whole.gradient))
  }
}

@Suite("Slopes along some tensors")
struct RestrictedSlopeTests {
  @Test(
    "slopes of a pattern and of all other tensors add up to those of all",
    arguments: BasisKind.allCases)
  func sum(kind: BasisKind) throws {
    let base = try LoadedModel.tiny("/../tiny-qwen2")
    let batch = TuningBatch(Array(try Tasks.encoded(base)[..<3]))
    func slopes(_ pattern: String?) throws -> [Double] {
      let basis = try SeedBasis(
        kind: kind, seed: 9, candidateCount: 16, parameters: pattern.map(ParameterPattern.init))
      return try LossObjective(base: base, basis: basis, mode: .virtual)
        .lossAndGradient(on: batch, at: Coefficients(candidateCount: 16)).gradient
    }
    let all = try slopes(nil)
    let parts = try [
      "*mlp*,model.norm.weight", "*self_attn*weight,*layernorm*", "*.bias",
      "*embed_tokens*,lm_head*",
    ].map(slopes)
    // Every tile gives all of them the same numbers of binary32; only sums of binary64 differ, of less
    // than a thousand terms that are not much larger than their sum.
    let tolerance = 1000 * 0x1p-53 * norm(all) * 100
    for k in 0..<16 {
      #expect(abs(parts.reduce(0) { $0 + $1[k] } - all[k]) <= tolerance)
    }
    #expect(parts.allSatisfy { norm($0) > 1e-3 * norm(all) })
  }

  @Test("they are the quotients of differences", arguments: ["*mlp*", "*.bias", "*norm*"])
  func differences(pattern: String) throws {
    let base = try LoadedModel.tiny("/../tiny-qwen2")
    let basis = try SeedBasis(
      kind: .hadamard, seed: 9, candidateCount: 64, parameters: ParameterPattern(pattern))
    let objective = LossObjective(base: base, basis: basis, mode: .virtual)
    let batch = TuningBatch(Array(try Tasks.encoded(base)[..<3]))
    let start = try Coefficients.trial(64)
    let slopes = try objective.lossAndGradient(on: batch, at: start).gradient
    let expected = try objective.slope(
      uphill: slopes, on: batch, at: start, rounding: base.lossTolerance(roundings: 1))
    #expect(abs(norm(slopes) - expected.value) <= expected.tolerance)
    #expect(expected.tolerance < 0.02 * norm(slopes))
  }
}

@Suite("Slopes against autograd")
struct SlopeReferenceTests {
  /// The loss and its slopes, by `Tests/Reference/slopes.py`.
  private struct Reference: Decodable {
    let loss: Double
    let slopes: [Double]
  }

  private struct Examples: Decodable {
    struct Item: Decodable {
      let instruction: String?
      let response: String?
      let prompt_ids: [Int32]
      let response_ids: [Int32]
    }
    let examples: [Item]

    /// All examples.
    var responses: TuningBatch {
      TuningBatch(
        PackedBatch(
          examples.map {
            .init(
              $0.prompt_ids + $0.response_ids,
              labels: $0.prompt_ids.count..<$0.prompt_ids.count + $0.response_ids.count)
          }))
    }

    /// The first prompt, with the first four responses to choose from.
    func choice(_ base: LoadedModel) throws -> TuningBatch {
      var encoder = ExampleEncoder(tokenizer: try base.tokenizer)
      encoder.includesOptions = true
      let options = try examples[..<4].map { try #require($0.response) }
      let example = try encoder.encode(
        Example(
          instruction: try #require(examples[0].instruction), response: options[0], category: "",
          options: options))
      let question = try #require(example.question)
      #expect(question.prompt == examples[0].prompt_ids)
      #expect(
        question.options.map(\.tokens) == examples[..<4].map { Array($0.response_ids.dropLast()) })
      return TuningBatch([example])
    }
  }

  private static func reference(
    _ model: String, _ objective: TuningObjective, _ kind: BasisKind
  ) throws -> Reference {
    typealias File = [String: [String: [String: Reference]]]
    let path = RealInputs.tinyLlama + "/../../Tests/Reference/slopes.json"
    return try #require(
      RealInputs.json(path, as: File.self)[model]?[objective.rawValue]?[kind.rawValue])
  }

  @Test(
    "they are autograd's through explicit directions",
    arguments: [
      ("tiny-llama", TuningObjective.loss), ("tiny-llama", .options),
      ("tiny-llama/untied-bf16", .loss), ("tiny-llama/untied-bf16", .options),
      ("tiny-qwen2", .loss),
    ], BasisKind.allCases)
  func autograd(subject: (model: String, objective: TuningObjective), kind: BasisKind) throws {
    let reference = try Self.reference(subject.model, subject.objective, kind)
    let path = RealInputs.tinyLlama + "/../" + subject.model
    let base = try LoadedModel.open(path: path, context: ComputeContext(threads: Threads(2)))
    let examples = try RealInputs.json(path + "/expected.json", as: Examples.self)
    let batch =
      subject.objective == .loss ? examples.responses : try examples.choice(base)
    let basis = try SeedBasis(kind: kind, seed: 17, candidateCount: 64)
    let (loss, slopes) = try LossObjective(
      base: base, basis: basis, mode: .virtual, objective: subject.objective
    ).lossAndGradient(on: batch, at: .trial(64))
    // A choice differs by twice what the losses of its options differ by.
    #expect(abs(loss - reference.loss) <= 2 * base.lossTolerance(roundings: 1))
    let size = norm(reference.slopes) / 8
    let tolerance = base.slopeTolerance() * size
    for (candidate, expected) in reference.slopes.enumerated() {
      #expect(abs(slopes[candidate] - expected) <= tolerance, "candidate \(candidate)")
    }
  }
}
