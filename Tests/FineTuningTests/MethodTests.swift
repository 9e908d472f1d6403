import Datasets
import Federation
import FineTuning
import LanguageModels
import Metrics
import SeedBasis
import Tensors
import Settings
import Testing
import Tokenizers
import Weights
import SeedDescent

@Suite("Methods on a model")
struct MethodTests {
  private func simulate(
    _ settings: TuningSettings, rounds: Int = 4, localSteps: Int = 15
  ) throws -> (before: Double, after: Double, records: [RoundRecord], base: LoadedModel) {
    let base = try LoadedModel.tiny()
    var federation = SimulationSettings()
    (federation.clients, federation.rounds, federation.localSteps, federation.partition) =
      (3, rounds, localSteps, "iid")
    var simulation = try Simulation(
      base: base, data: try Tasks.data(base, settings: settings), settings: settings,
      federation: federation)
    let before = try simulation.score().lossPerExample
    let records = try (0..<rounds).map { _ in try simulation.runRound() }
    return (before, try simulation.score().lossPerExample, records, base)
  }

  private static let changes: [(String, @Sendable (inout TuningSettings) -> Void)] = [
    ("fedkseed-pro", { $0.method = .fedkseedPro }),
    (
      "unbiased pro",
      {
        $0.method = .fedkseedPro
        $0.significance.isUnbiased = true
      }
    ),
    ("fedzo", { ($0.method, $0.candidates) = (.fedzo, 256) }),
    ("cosine", { ($0.schedule, $0.warmup, $0.learningRate) = (.cosine, 15, 2e-4) }),
    ("four directions", { ($0.directions, $0.learningRate) = (4, 4e-4) }),
    ("one-sided", { ($0.estimator, $0.directions, $0.learningRate) = (.oneSided, 4, 2e-3) }),
    ("without replacement", { $0.isWithoutReplacement = true }),
    ("clip", { ($0.scalarClip, $0.learningRate) = (1, 1e-3) }),
  ]

  @Test("every method lowers the held-out loss", arguments: changes.indices)
  func learning(index: Int) throws {
    var settings = TuningSettings.small()
    Self.changes[index].1(&settings)
    let result = try simulate(settings)
    #expect(result.after < 0.97 * result.before, "\(Self.changes[index].0)")
  }

  @Test("FedKSeed-Pro sends K numbers more down; FedZO is counted as the whole model")
  func traffic() throws {
    var settings = TuningSettings.small()
    let plain = try simulate(settings, rounds: 1, localSteps: 2).records[0].participants[0].traffic
    settings.method = .fedkseedPro
    let pro = try simulate(settings, rounds: 1, localSteps: 2).records[0].participants[0].traffic
    settings.method = .fedzo
    let result = try simulate(settings, rounds: 1, localSteps: 2)
    let dense = result.records[0].participants.map(\.traffic)
    let weights = result.base.store.parameters.elementCount
    #expect(pro == Traffic(bytesDown: plain.bytesDown + 4 * 64, bytesUp: plain.bytesUp))
    let model = Traffic(bytesDown: 64 + 4 * weights, bytesUp: 76 + 4 * weights)
    #expect(dense.count > 1 && dense.allSatisfy { $0 == model })
  }

  @Test(
    "one-sided losses are the scores of weights moved by the definition",
    arguments: BasisKind.allCases, WeightMode.allCases)
  func oneSided(kind: BasisKind, mode: WeightMode) throws {
    let base = try LoadedModel.tiny()
    let basis = try SeedBasis(kind: kind, seed: 9, candidateCount: 16)
    let coefficients = try Coefficients((0..<16).map { Float($0 - 8) * 2e-4 })
    let examples = Array(try Tasks.encoded(base)[..<4])
    let perturbations = [5, 11].map { Perturbation(candidate: $0, epsilon: 1e-2) }
    let found = try LossObjective(base: base, basis: basis, mode: mode).oneSidedLosses(
      on: TuningBatch(examples), at: coefficients, perturbedBy: perturbations)
    let expected = try ([nil] + perturbations).map { perturbation in
      try base.score(
        examples, weights: basis.moved(base.store, coefficients, perturbation)
      ).lossPerExample
    }
    let tolerance = base.lossTolerance(roundings: 17)
    for (found, expected) in zip([found.base] + found.plus, expected) {
      #expect(abs(found - expected) <= tolerance)
    }
    #expect(abs(expected[0] - expected[1]) > 10 * tolerance)
  }

  @Test(
    "a metric is measured on greedy answers at both sides",
    arguments: [TuningObjective.exactMatch, .rougeL, .f1], WeightMode.allCases)
  func metric(objective: TuningObjective, mode: WeightMode) throws {
    let base = try LoadedModel.tiny()
    let basis = try SeedBasis(kind: .hadamard, seed: 9, candidateCount: 16)
    let examples = Array(try Tasks.encoded(base)[..<4])
    let tokenizer = try base.tokenizer
    let zero = Coefficients(candidateCount: 16)
    let perturbation = Perturbation(candidate: 3, epsilon: 0.05)
    let prompts = examples.map { Array($0.tokens[..<$0.responseStart]) }
    let end = try #require(tokenizer.endToken)
    let sides = [Float(0.05), -0.05].map {
      basis.moved(base.store, zero, Perturbation(candidate: 3, epsilon: $0))
    }
    // What the plus side begins to say itself, so that the sides differ.
    let answers = try base.model.generate(
      prompts: prompts, limit: 6, endTokens: [end], weights: sides[0])
    let batch = TuningBatch(
      PackedBatch(
        zip(prompts, answers).map { prompt, answer in
          PackedBatch.Sequence(
            prompt + answer + [end], labels: prompt.count..<prompt.count + answer.count + 1)
        }))
    let losses = try LossObjective(base: base, basis: basis, mode: mode, objective: objective)
      .losses(on: batch, at: zero, perturbedBy: perturbation)
    let longest = try #require(answers.map(\.count).max())
    let metric = try #require(TextMetric(rawValue: objective.rawValue))
    let expected = try sides.map { weights in
      let given = try base.model.generate(
        prompts: prompts, limit: 2 * longest, endTokens: [end], weights: weights)
      let scores = try zip(given, answers).map {
        metric.score(answer: try tokenizer.decode($0), reference: try tokenizer.decode($1))
      }
      return 1 - scores.reduce(0, +) / 4
    }
    #expect(losses == LossPair(plus: expected[0], minus: expected[1]))
    #expect(objective == .exactMatch || losses.plus < losses.minus)
  }

  @Test("only the parameters of the pattern are tuned", arguments: BasisKind.allCases)
  func parameters(kind: BasisKind) throws {
    var settings = TuningSettings.small(kind)
    settings.parameters = "*mlp*"
    let base = try LoadedModel.tiny()
    var tuning = try Tuning(
      base: base, data: try Tasks.data(base, settings: settings), settings: settings, steps: 5)
    for _ in 0..<5 { try tuning.step() }
    let tuned = ExplicitWeights(base.tuned(by: tuning.coefficients, of: tuning.basis))
    let untuned = ExplicitWeights(base.store)
    for (tensor, parameter) in base.store.parameters.parameters.enumerated() {
      let isSame = tuned.tensors[tensor].elements == untuned.tensors[tensor].elements
      #expect(isSame == !parameter.name.contains("mlp"), "\(parameter.name)")
    }
  }

  @Test("a pattern without a tensor is refused, with a name that would do")
  func noParameters() throws {
    let base = try LoadedModel.tiny()
    var settings = TuningSettings.small()
    settings.parameters = "layers"
    let error = #expect(throws: SettingsError.self) {
      try base.checkParameters(of: settings.makeBasis())
    }
    #expect(error?.key == .parameters && error?.description.contains("model.") == true)
  }

  @Test("directions that must be fresh need a candidate each, and methods their command")
  func refusals() throws {
    var settings = TuningSettings.small()
    settings.method = .fedzo
    let tooFew = #expect(throws: SettingsError.self) { try simulate(settings, rounds: 2) }
    #expect(tooFew?.key == .candidates && tooFew?.expected.contains("90") == true)
    settings.method = .mezo
    #expect(throws: SettingsError.self) { try simulate(settings) }
    let base = try LoadedModel.tiny()
    let data = try Tasks.data(base, settings: settings)
    #expect(throws: SettingsError.self) {
      try Tuning(base: base, data: data, settings: settings, steps: 65)
    }
    settings.method = .fedkseedPro
    #expect(throws: SettingsError.self) {
      try Tuning(base: base, data: data, settings: settings, steps: 5)
    }
    settings.isWithoutReplacement = true
    #expect(throws: SettingsError.self) { try settings.validate() }
  }

  @Test("MeZO never takes a direction twice")
  func mezo() throws {
    var settings = TuningSettings.small()
    settings.method = .mezo
    let base = try LoadedModel.tiny()
    var tuning = try Tuning(
      base: base, data: try Tasks.data(base, settings: settings), settings: settings, steps: 64)
    let steps = try (0..<64).map { _ in try tuning.step() }
    #expect(steps.flatMap(\.update.records).map(\.candidate) == Array(0..<64))
  }

  @Test("of a range of learning rates the one that learns is suggested, not the one that breaks")
  func learningRateSearch() throws {
    let base = try LoadedModel.tiny()
    let settings = TuningSettings.small()
    let search = try LearningRateSearch(
      base: base, data: try Tasks.data(base, settings: settings), settings: settings)
    let before = try search.lossBefore()
    let grid = LearningRateSearch.grid(from: 1e-8, to: 1, count: 5)
    #expect(zip(grid, [1e-8, 1e-6, 1e-4, 1e-2, 1]).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
    let trials = try grid.map { try search.trial(at: $0, steps: 40) }
    let best = try #require(LearningRateSearch.best(of: trials, lossBefore: before))
    #expect(best == trials[2])
    #expect(trials[2] == (try search.trial(at: grid[2], steps: 40)))
    #expect(LearningRateSearch.best(of: trials, lossBefore: 0) == nil)
  }

  @Test(
    "rates above one that breaks the model are not suggested, however low their loss",
    arguments: [([3, 2.5, 9, 1], 1), ([3, 2.5, .nan, 1], 1), ([9, 1], nil), ([2.9, 2, 1], 2)]
      as [([Double], Int?)])
  func brokenRates(losses: [Double], expected: Int?) {
    let trials = losses.enumerated().map { place, loss in
      LearningRateSearch.Trial(
        learningRate: Double(place), trainingLoss: nil, heldOutLoss: loss, skippedCount: 0)
    }
    let best = LearningRateSearch.best(of: trials, lossBefore: 3)
    #expect(best?.learningRate == expected.map(Double.init))
  }

  @Test("steps too small or too large for the weights are told with numbers")
  func resolution() throws {
    let check = ResolutionCheck(typicalWeight: 0.0625)
    #expect(check.spacing == 0x1p-27)
    var settings = TuningSettings.small(.gaussian)
    #expect(check.warnings(for: settings).isEmpty)
    settings.epsilon = 1e-8
    #expect(check.warnings(for: settings).first?.contains("1.0e-08") == true)
    settings.epsilon = 0.1
    #expect(check.warnings(for: settings).count == 1)
    settings.learningRate = 1e-9
    #expect(check.warnings(for: settings).last?.contains("7.5e-09") == true)
    settings.mode = .virtual
    #expect(check.warnings(for: settings).count == 1)
    let sampled = ResolutionCheck(sampling: try LoadedModel.tiny().store).typicalWeight
    #expect((1e-3...1).contains(sampled))
  }
}
