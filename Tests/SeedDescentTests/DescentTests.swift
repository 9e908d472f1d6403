import Foundation
import SeedBasis
import SeedDescent
import Testing

@Suite("A step along all K directions")
struct DescentTests {
  static func tuner(
    _ optimizer: Optimizer, rate: LearningRate? = nil, limit: Double? = nil
  ) throws -> LocalTuner {
    var tuner = LocalTuner(
      estimator: .backprop, twoPoint: try TwoPointEstimator(epsilon: 1 / 256),
      learningRate: try rate ?? LearningRate(constant: 0.125))
    (tuner.optimizer, tuner.normLimit) = (optimizer, limit)
    return tuner
  }

  /// Takes a step on each batch of `objective`, and returns the increments, none where it was skipped.
  static func increments<Loss: Objective<Int>>(
    _ tuner: LocalTuner, _ state: inout TunerState, on objective: Loss, steps: Int
  ) throws -> [[Float]] {
    try (0..<steps).map { try tuner.step(&state, on: objective, batch: $0).all }
  }

  /// The optimisers, and by hand the directions of the first two steps along a coefficient of slopes g₁
  /// and g₂.
  static let rules: [(optimizer: Optimizer, by: @Sendable (Double, Double) -> [Double])] = [
    (.sgd, { [$0, $1] }),
    (.momentum(0.75), { [$0, 0.75 * $0 + $1] }),
    (
      .adam(beta1: 0.5, beta2: 0.75, epsilon: 1e-3),
      { first, second in
        // m₂ = ¼ g₁ + ½ g₂, over 1 − ¼; s₂ = 3/16 g₁² + ¼ g₂², over 1 − 9/16.
        let mean = (first + 2 * second) / 3
        let square = (3 * first * first + 4 * second * second) / 7
        return [first / (abs(first) + 1e-3), mean / (square.squareRoot() + 1e-3)]
      }
    ),
  ]

  @Test("the first steps are the optimiser's, by hand", arguments: rules.indices)
  func byHand(index: Int) throws {
    let (optimizer, directions) = Self.rules[index]
    let loss = Quadratic.example
    var state = StepTests.start()
    let first = loss.lossAndGradient(on: 0, at: state.coefficients).gradient
    let tuner = try Self.tuner(optimizer)
    let step = try tuner.step(&state, on: loss, batch: 0)
    let second = loss.lossAndGradient(on: 0, at: state.coefficients).gradient
    let found = [step.all, try tuner.step(&state, on: loss, batch: 0).all]
    for k in 0..<8 {
      for (increment, direction) in zip(found.map { $0[k] }, directions(first[k], second[k])) {
        // One rounding to Float; ten of binary64, of terms below 8, change nothing that is seen there.
        let tolerance = 0x1p-24 * 0.125 * abs(direction) + 0x1p-48
        #expect(abs(Double(increment) + 0.125 * direction) <= tolerance, "coefficient \(k)")
      }
    }
  }

  @Test("a step tells its loss, and tries no candidate", arguments: rules.indices)
  func result(index: Int) throws {
    let loss = Quadratic.example
    var state = StepTests.start()
    let before = state
    let step = try Self.tuner(Self.rules[index].optimizer).step(&state, on: loss, batch: 0)
    let value = loss.loss(before.coefficients)
    #expect(step.losses == LossPair(plus: value, minus: value))
    #expect(step.candidate == nil && step.scalarGradient == nil && step.skippedCount == 0)
    #expect(state.sampler == before.sampler)
    #expect(state.step == 1 && state.optimizer.step == 1)
    #expect(state.coefficients.values == step.all.map(Double.init))
  }

  @Test("steps against the slopes of a quadratic take the closed form's way")
  func closedForm() throws {
    let loss = Quadratic.example
    var state = StepTests.start()
    _ = try Self.increments(try Self.tuner(.sgd), &state, on: loss, steps: 30)
    for (k, value) in state.coefficients.values.enumerated() {
      let exact = loss.target[k] * (1 - pow(1 - 0.125 * loss.curvature[k], 30))
      // Each step rounds A and its increment once to Float, both below 4; later steps shrink errors.
      #expect(abs(value - exact) <= 30 * 2 * 4 * 0x1p-24)
    }
  }

  @Test("the rate is that of the step in the whole run", arguments: [0, 4])
  func schedule(start: Int) throws {
    let rate = try LearningRate(peak: 0.5, schedule: .linear, warmup: 2, steps: 6)
    let slope = Script(losses: [LossPair](repeating: LossPair(plus: 2, minus: 1), count: 6))
    var state = StepTests.start()
    state.step = start
    let found = try Self.increments(
      try Self.tuner(.sgd, rate: rate), &state, on: slope, steps: 6 - start)
    // Two of warm-up, then four in a straight line to 0; all powers of two and exact.
    let rates: [Float] = [0.25, 0.5, 0.5, 0.375, 0.25, 0.125]
    #expect(found == rates[start...].map { [Float](repeating: -$0, count: 8) })
  }

  @Test("slopes longer than the limit are shortened to it, others are left alone")
  func limit() throws {
    let loss = Quadratic.example
    func increments(_ limit: Double?) throws -> [Float] {
      var state = StepTests.start()
      return try Self.tuner(.sgd, limit: limit).step(&state, on: loss, batch: 0).all
    }
    let whole = try increments(nil)
    let slopes = loss.lossAndGradient(on: 0, at: StepTests.start().coefficients).gradient
    let norm = slopes.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(try increments(norm * 1.01) == whole)
    for (found, slope) in zip(try increments(norm / 3), slopes) {
      // As above, one rounding to Float.
      #expect(abs(Double(found) + 0.125 * slope / 3) <= 0x1p-24 * abs(0.125 * slope / 3) + 0x1p-48)
    }
  }

  @Test("an optimiser sees the shortened slopes")
  func limitBeforeOptimizer() throws {
    // Momentum of slopes (8, …) and (1, …): of length √8 · 8, shortened to √8, and of length √8.
    let losses = [LossPair(plus: 8, minus: 0), LossPair(plus: 1, minus: 0)]
    var state = StepTests.start()
    let found = try Self.increments(
      try Self.tuner(.momentum(0.5), limit: 8.0.squareRoot()), &state, on: Script(losses: losses),
      steps: 2)
    // The root and its quotient are rounded, so up to an ulp of Float.
    for (increments, expected) in zip(found, [Float(-0.125), -0.1875]) {
      #expect(increments.allSatisfy { abs($0 - expected) <= expected.ulp })
    }
  }

  @Test(
    "a step whose slopes are not finite is skipped: nothing changes but its number",
    arguments: rules.indices, [nil, 1.0])
  func notFinite(index: Int, limit: Double?) throws {
    let losses = [(2, 1), (.nan, 1), (.infinity, 1), (1, .infinity), (2, 1)]
      .map { LossPair(plus: $0.0, minus: $0.1) }
    let tuner = try Self.tuner(Self.rules[index].optimizer, limit: limit)
    var (state, untroubled) = (StepTests.start(), StepTests.start())
    for (batch, isSkipped) in [false, true, true, true, false].enumerated() {
      let before = state
      let step = try tuner.step(&state, on: Script(losses: losses), batch: batch)
      #expect(step.skippedCount == (isSkipped ? 1 : 0) && step.update.isEmpty == isSkipped)
      if isSkipped {
        var next = before
        next.step += 1
        #expect(state == next)
      } else {
        try tuner.step(&untroubled, on: Script(losses: losses), batch: batch)
      }
    }
    #expect(state.optimizer == untroubled.optimizer && state.optimizer.step == 2)
    #expect(state.coefficients == untroubled.coefficients)
  }

  @Test("a step that would leave the range of Float is skipped, and forgotten by the optimiser")
  func overflow() throws {
    // Slopes of 3e38: one increment is in the range, the sum of two is not.
    let losses = [LossPair](repeating: LossPair(plus: 3e38, minus: 0), count: 3)
    let tuner = try Self.tuner(.momentum(0), rate: .one)
    var state = StepTests.start()
    _ = try Self.increments(tuner, &state, on: Script(losses: losses), steps: 1)
    let before = state
    #expect(try Self.increments(tuner, &state, on: Script(losses: losses), steps: 2) == [[], []])
    #expect(state.coefficients == before.coefficients && state.optimizer == before.optimizer)
    #expect(state.optimizer.step == 1 && state.step == 3)
  }

  @Test("single steps are a run, whose history sums them up", arguments: rules.indices)
  func run(index: Int) throws {
    let tuner = try Self.tuner(Self.rules[index].optimizer, limit: 4)
    let listener = StepTests.Listener()
    var (stepped, run) = (StepTests.start(), StepTests.start())
    let steps = try (0..<12).map { try tuner.step(&stepped, on: listener, batch: $0) }
    let history = try tuner.run(12, from: &run, on: Quadratic.example, nextBatch: { 0 })
    #expect(stepped == run)
    #expect(listener.told.map(\.update) == steps.map(\.update))
    #expect(listener.told.last?.coefficients == run.coefficients)
    #expect(history.sum == run.coefficients && history.records.isEmpty)
    #expect(history.updateCount == 12 && history.skippedCount == 0)
    let sum = steps.reduce(0) { $0 + $1.losses.mean }
    #expect(history.meanLoss == sum / 12)
  }

  @Test("a history counts what was skipped, and takes its mean over the rest")
  func skippedHistory() throws {
    let losses = [(2, 1), (.nan, 1), (4, 1)].map { LossPair(plus: $0.0, minus: $0.1) }
    var (state, batch) = (StepTests.start(), -1)
    let history = try Self.tuner(.sgd).run(3, from: &state, on: Script(losses: losses)) {
      batch += 1
      return batch
    }
    #expect(history.updateCount == 2 && history.skippedCount == 1 && history.meanLoss == 3)
    // −0.125 · 1 and −0.125 · 3.
    #expect(history.sum?.values == [Double](repeating: -0.5, count: 8))
  }
}

extension Step {
  /// The increments of all K; none if the step was skipped.
  fileprivate var all: [Float] {
    if case .all(let increments) = update { increments } else { [] }
  }
}
