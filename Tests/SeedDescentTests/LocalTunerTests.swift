import SeedBasis
import Testing
import SeedDescent

@Suite("Local tuner")
struct LocalTunerTests {
  static func tuner(rate: Double = 0.125, limit: Double? = nil) throws -> LocalTuner {
    LocalTuner(
      twoPoint: try TwoPointEstimator(epsilon: 1 / 256, lossDifferenceLimit: limit),
      learningRate: try LearningRate(constant: rate))
  }

  /// Runs on batches 0, 1, 2, … and returns everything that came of it.
  static func run<Loss: Objective<Int>>(
    _ tuner: LocalTuner, steps: Int, on objective: Loss, seed: UInt64 = 1
  ) throws -> (history: StepHistory, coefficients: Coefficients, progress: [Step]) {
    var state = TunerState(
      coefficients: Coefficients(candidateCount: 8),
      sampler: CandidateSampler(candidateCount: 8, seed: seed))
    var batch = -1
    var progress: [Step] = []
    let history = try tuner.run(
      steps, from: &state, on: objective,
      nextBatch: {
        batch += 1
        return batch
      }, onStep: { progress.append($0) })
    return (history, state.coefficients, progress)
  }

  @Test("a quadratic is minimised")
  func minimises() throws {
    let (history, coefficients, _) = try Self.run(
      try Self.tuner(), steps: 4000, on: Quadratic.example)
    // 500 draws of the flattest candidate shrink its error 1 by (1 − 0.125·0.25)^500 = 10⁻⁷; the
    // estimate itself is off by up to 30 · 16 · 2⁻⁵² · 256 and the losses see A rounded to 2⁻²⁴.
    for (value, target) in zip(coefficients.rounded, Quadratic.example.target) {
      #expect(abs(Double(value) - target) < 1e-5)
    }
    #expect(history.records.count == 4000 && history.skippedCount == 0)
  }

  @Test("MeZO written out in a plain loop takes the same steps, bit for bit")
  func matchesPlainLoop() throws {
    let loss = Quadratic.example
    let epsilon = 1.0 / 256
    var sampler = CandidateSampler(candidateCount: 8, seed: 1)
    var plain = Coefficients(candidateCount: 8)
    for _ in 0..<300 {
      let k = sampler.next()
      let above = loss.loss(plain, moved: -epsilon, at: k)
      let below = loss.loss(plain, moved: epsilon, at: k)
      try plain.add(Double(Float(0.125 * ((above - below) / (2 * epsilon)))), to: k)
    }
    let (_, coefficients, _) = try Self.run(try Self.tuner(), steps: 300, on: loss)
    #expect(coefficients == plain)
  }

  @Test("replaying the records gives the coefficients, bit for bit", arguments: 1...5)
  func replay(seed: UInt64) throws {
    let (history, coefficients, _) = try Self.run(
      try Self.tuner(rate: 0.1), steps: 200, on: Quadratic.example, seed: seed)
    var replayed = Coefficients(candidateCount: 8)
    for record in history.records {
      try replayed.add(Double(record.increment), to: record.candidate)
    }
    #expect(replayed == coefficients)
  }

  @Test("bad losses and losses over the limit are skipped and counted, and poison nothing")
  func skips() throws {
    let losses = [
      (2, 1), (.nan, 1), (.infinity, 1), (1, -.infinity), (40, 1), (1, 2), (1e300, -1e300),
    ].map { LossPair(plus: $0.0, minus: $0.1) }
    let (history, coefficients, progress) = try Self.run(
      try Self.tuner(limit: 10), steps: losses.count, on: Script(losses: losses))
    #expect(history.records.map(\.increment) == [16, -16] && history.skippedCount == 5)
    #expect(history.meanLoss == 1.5)
    #expect(coefficients.rounded.allSatisfy { $0.isFinite })
    #expect(
      progress.map { $0.scalarGradient != nil } == [true] + [false, false, false, false]
        + [true, false])
  }

  @Test("an update beyond the range of Float is skipped, not sent as infinity")
  func overflow() throws {
    let losses = [LossPair(plus: 1e37, minus: 0), LossPair(plus: 1, minus: 0)]
    let (history, coefficients, _) = try Self.run(
      try Self.tuner(rate: 1), steps: 2, on: Script(losses: losses))
    #expect(history.records.map(\.increment) == [128] && history.skippedCount == 1)
    #expect(coefficients.rounded.reduce(0, +) == 128)
  }

  @Test("without a single update there is no mean loss")
  func noUpdate() throws {
    let losses = [LossPair(plus: .nan, minus: .nan)]
    let (history, coefficients, _) = try Self.run(
      try Self.tuner(), steps: 1, on: Script(losses: losses))
    #expect(history.meanLoss == nil && history.records.isEmpty)
    #expect(coefficients == Coefficients(candidateCount: 8))
  }

  @Test("the learning rate is part of what is recorded")
  func learningRate() throws {
    let losses = [LossPair(plus: 1.25, minus: 1)]
    let increments = try [1, 2, 4].map { rate in
      try Self.run(try Self.tuner(rate: rate), steps: 1, on: Script(losses: losses))
        .history.records.map(\.increment)
    }
    #expect(increments == [[32], [64], [128]])
  }

  @Test("neither losses nor skipped steps influence the order of candidates or batches")
  func independence() throws {
    let calm = [LossPair](repeating: LossPair(plus: 1, minus: 0), count: 50)
    let wild = (0..<50).map { LossPair(plus: $0 % 3 == 0 ? .nan : Double($0), minus: 7) }
    let tuner = try Self.tuner()
    let first = try Self.run(tuner, steps: 50, on: Script(losses: calm)).progress
    let second = try Self.run(tuner, steps: 50, on: Script(losses: wild)).progress
    #expect(first.map(\.candidate) == second.map(\.candidate))
    // Script answers batch n with its losses n, so the batches came in order.
    #expect(first.map(\.losses) == calm && second.map(\.losses.minus) == wild.map(\.minus))
  }

  @Test("steps are numbered over the whole run, and a watcher can stop it")
  func stops() throws {
    struct Stop: Error {}
    var state = TunerState(
      coefficients: Coefficients(candidateCount: 8),
      sampler: CandidateSampler(candidateCount: 8, seed: 1), step: 100)
    var seen: [Int] = []
    #expect(throws: Stop.self) {
      try Self.tuner().run(
        100, from: &state, on: Quadratic.example, nextBatch: { 0 },
        onStep: { step in
          seen.append(step.number)
          if step.number == 102 { throw Stop() }
        })
    }
    #expect(seen == [100, 101, 102] && state.step == 103)
    #expect(state.coefficients != Coefficients(candidateCount: 8))
  }
}

@Suite("One step")
struct StepTests {
  /// Notes what it is told.
  final class Listener: Objective {
    let loss = Quadratic.example
    var told: [(update: StepUpdate, coefficients: Coefficients)] = []

    func losses(
      on batch: Int, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
    ) -> LossPair {
      loss.losses(on: batch, at: coefficients, perturbedBy: perturbation)
    }

    func oneSidedLosses(
      on batch: Int, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
    ) -> (base: Double, plus: [Double]) {
      loss.oneSidedLosses(on: batch, at: coefficients, perturbedBy: perturbations)
    }

    func lossAndGradient(
      on batch: Int, at coefficients: Coefficients
    ) -> (loss: Double, gradient: [Double]) {
      loss.lossAndGradient(on: batch, at: coefficients)
    }

    func move(by update: StepUpdate, to coefficients: Coefficients) {
      told.append((update, coefficients))
    }
  }

  static func start() -> TunerState {
    TunerState(
      coefficients: Coefficients(candidateCount: 8),
      sampler: CandidateSampler(candidateCount: 8, seed: 1))
  }

  @Test("many single steps are a run, and the objective is told of each")
  func steps() throws {
    let tuner = try LocalTunerTests.tuner()
    let listener = Listener()
    var (stepped, run) = (Self.start(), Self.start())
    let steps = try (0..<20).map { try tuner.step(&stepped, on: listener, batch: $0) }
    let history = try tuner.run(20, from: &run, on: Quadratic.example, nextBatch: { 0 })
    #expect(stepped == run && history.records == steps.flatMap(\.update.records))
    #expect(steps.map(\.number) == Array(0..<20))
    #expect(listener.told.map(\.update) == steps.map(\.update))
    var sums = Coefficients(candidateCount: 8)
    for (update, coefficients) in listener.told {
      try sums.add(update)
      #expect(sums == coefficients)
    }
  }

  @Test("an increment above the limit is not made")
  func limit() throws {
    var tuner = try LocalTunerTests.tuner(rate: 1)
    let losses = [LossPair(plus: 2, minus: 1), LossPair(plus: 1, minus: 1.5)]
    tuner.incrementLimit = 100
    let (history, _, progress) = try LocalTunerTests.run(
      tuner, steps: 2, on: Script(losses: losses))
    #expect(history.records.map(\.increment) == [-64] && history.skippedCount == 1)
    #expect(progress[0].update.isEmpty && progress[0].scalarGradient == nil)
  }
}
