import FineTuning
import LanguageModels
import SeedBasis
import Testing
import Weights
import SeedDescent

@Suite("The loss as a function of the coefficients")
struct LossObjectiveTests {
  private let base: LoadedModel
  private let batches: [TuningBatch]

  init() throws {
    base = try .tiny()
    let examples = try Tasks.encoded(base)
    batches = (0..<6).map { TuningBatch(Array(examples[$0 * 4..<$0 * 4 + 4])) }
  }

  private func basis(_ kind: BasisKind) throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: 9, candidateCount: 16)
  }

  /// Lets a coefficient grow, as a step does.
  private func move(
    _ objectives: [LossObjective], _ coefficients: inout Coefficients, _ candidate: Int,
    _ increment: Float
  ) throws {
    let update = StepUpdate.pairs([StepRecord(candidate: candidate, increment: increment)])
    try coefficients.add(update)
    for objective in objectives { objective.move(by: update, to: coefficients) }
  }

  private func objective(_ kind: BasisKind, _ mode: WeightMode) throws -> LossObjective {
    LossObjective(base: base, basis: try basis(kind), mode: mode)
  }

  @Test(
    "both ways to hold the weights give the same losses along a run, from bit to rounding",
    arguments: BasisKind.allCases)
  func modes(kind: BasisKind) throws {
    let objectives = try WeightMode.allCases.map { try objective(kind, $0) }
    var coefficients = Coefficients(candidateCount: 16)
    for (step, candidate) in [3, 7, 3, 0, 15, 7].enumerated() {
      let losses = try objectives.map {
        try $0.losses(
          on: batches[step], at: coefficients,
          perturbedBy: Perturbation(candidate: candidate, epsilon: 1e-2))
      }
      // The copy has been rounded once in every step.
      let tolerance = step == 0 ? 0 : base.lossTolerance(roundings: step)
      #expect(abs(losses[0].plus - losses[1].plus) <= tolerance)
      #expect(abs(losses[0].minus - losses[1].minus) <= tolerance)
      #expect(abs(losses[0].plus - losses[0].minus) > 10 * tolerance)
      let increment = Float((losses[0].plus - losses[0].minus) / 200)
      try move(objectives, &coefficients, candidate, increment)
    }
    // A new round starts elsewhere: the copy is made anew.
    let other = try Coefficients((0..<16).map { Float($0) * 1e-4 })
    let perturbation = Perturbation(candidate: 1, epsilon: 1e-2)
    let losses = try objectives.map {
      try $0.losses(on: batches[0], at: other, perturbedBy: perturbation)
    }
    #expect(losses[0] == losses[1])
  }

  @Test(
    "both sides are the scores of weights moved by the definition",
    arguments: BasisKind.allCases, WeightMode.allCases)
  func definition(kind: BasisKind, mode: WeightMode) throws {
    let basis = try basis(kind)
    let coefficients = try Coefficients((0..<16).map { Float($0 - 8) * 2e-4 })
    let examples = Array(try Tasks.encoded(base)[..<4])
    let found = try objective(kind, mode).losses(
      on: TuningBatch(examples), at: coefficients,
      perturbedBy: Perturbation(candidate: 5, epsilon: 1e-2))
    let expected = try [Float(1e-2), -1e-2].map { epsilon in
      try base.score(
        examples,
        weights: basis.moved(
          base.store, coefficients, Perturbation(candidate: 5, epsilon: epsilon))
      ).lossPerExample
    }
    // Sixteen terms and the perturbation are rounded one by one, at most.
    let tolerance = base.lossTolerance(roundings: 17)
    #expect(abs(found.plus - expected[0]) <= tolerance, "\(found.plus - expected[0])")
    #expect(abs(found.minus - expected[1]) <= tolerance, "\(found.minus - expected[1])")
    #expect(abs(expected[0] - expected[1]) > 10 * tolerance)
  }

  @Test(
    "a dense copy in bf16 has the losses of virtual up to its rounding",
    arguments: BasisKind.allCases)
  func bfloat16(kind: BasisKind) throws {
    let basis = try basis(kind)
    let objectives = [
      LossObjective(base: base, basis: basis, mode: .virtual),
      LossObjective(base: base, basis: basis, mode: .dense, storage: .bf16),
    ]
    var coefficients = Coefficients(candidateCount: 16)
    for (step, candidate) in [3, 7, 3, 0].enumerated() {
      let losses = try objectives.map {
        try $0.losses(
          on: batches[step], at: coefficients,
          perturbedBy: Perturbation(candidate: candidate, epsilon: 1e-2))
      }
      // A rounding to eight bits instead of twenty-four errs 2^16 times as much; each step adds one.
      let tolerance = 0x1p16 * (base.lossTolerance(roundings: step + 1) - base.lossTolerance())
      #expect(abs(losses[0].plus - losses[1].plus) <= tolerance)
      #expect(abs(losses[0].minus - losses[1].minus) <= tolerance)
      #expect(losses[0] != losses[1])
      try move(objectives, &coefficients, candidate, 1e-4)
    }
  }

  @Test("the base stays as it is", arguments: WeightMode.allCases)
  func base(mode: WeightMode) throws {
    let before = ExplicitWeights(base.store).elements
    let objective = try objective(.rademacher, mode)
    let perturbation = Perturbation(candidate: 2, epsilon: 0.1)
    let zero = Coefficients(candidateCount: 16)
    let first = try objective.losses(on: batches[0], at: zero, perturbedBy: perturbation)
    _ = try objective.losses(
      on: batches[0], at: try Coefficients([Float](repeating: 0.1, count: 16)),
      perturbedBy: perturbation)
    #expect(try objective.losses(on: batches[0], at: zero, perturbedBy: perturbation) == first)
    #expect(ExplicitWeights(base.store).elements == before)
  }
}
