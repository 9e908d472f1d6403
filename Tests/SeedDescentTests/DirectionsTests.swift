import CounterRandom
import SeedBasis
import Testing
import SeedDescent

@Suite("Steps along several directions")
struct DirectionsTests {
  static func run(
    _ tuner: LocalTuner, sampler: CandidateSampler, steps: Int, on loss: Quadratic = .example
  ) throws -> (history: StepHistory, coefficients: Coefficients, progress: [Step]) {
    var state = TunerState(
      coefficients: Coefficients(candidateCount: 8), sampler: sampler)
    var progress: [Step] = []
    let history = try tuner.run(
      steps, from: &state, on: loss, nextBatch: { 0 }, onStep: { progress.append($0) })
    return (history, state.coefficients, progress)
  }

  static func tuner(
    _ estimator: Estimator = .twoSided, directions: Int, rate: Double = 0.125, clip: Double? = nil
  ) throws -> LocalTuner {
    LocalTuner(
      estimator: estimator, twoPoint: try TwoPointEstimator(epsilon: 1 / 256, clip: clip),
      learningRate: try LearningRate(constant: rate), directions: directions)
  }

  static let sampler = CandidateSampler(candidateCount: 8, seed: 1)

  @Test("n pairs are measured at one point, and each moves its candidate by η g / n")
  func pairs() throws {
    let (history, coefficients, progress) = try Self.run(
      try Self.tuner(directions: 4), sampler: Self.sampler, steps: 1)
    var draws = Self.sampler
    var expected = Coefficients(candidateCount: 8)
    let loss = Quadratic.example
    for record in history.records {
      let k = draws.next()
      let zero = Coefficients(candidateCount: 8)
      let gradient =
        (loss.loss(zero, moved: -1 / 256, at: k) - loss.loss(zero, moved: 1 / 256, at: k)) * 128
      #expect(record == StepRecord(candidate: k, increment: Float(0.125 * gradient / 4)))
      try expected.add(Double(record.increment), to: k)
    }
    #expect(history.records.count == 4 && coefficients == expected && progress.count == 1)
    #expect(progress[0].candidate == history.records[0].candidate)
  }

  @Test("the estimator of FZOO is the difference to the base in standard deviations")
  func oneSided() {
    let estimator = OneSidedEstimator()
    // Mean 3, variance (4 + 0 + 4) / 3.
    let deviation = (8.0 / 3).squareRoot()
    #expect(
      estimator.scalarGradients(of: [1, 3, 5], base: 2)
        == [-1 / deviation, 1 / deviation, 3 / deviation])
    #expect(estimator.scalarGradients(of: [1, .nan, 3], base: 2) == [-1, nil, 1])
    for (losses, base) in [
      ([1, 1], 0), ([1, .nan], 0), ([1, 2], .infinity), ([.nan, .infinity], 1),
    ]
      as [([Double], Double)]
    {
      #expect(estimator.scalarGradients(of: losses, base: base) == [nil, nil])
    }
  }

  @Test("scaling the loss changes nothing in a one-sided step, but for rounding")
  func scaleInvariance() throws {
    let tuner = try Self.tuner(.oneSided, directions: 4, rate: 0.01)
    let scaled = Quadratic(
      target: Quadratic.example.target, curvature: Quadratic.example.curvature.map { $0 * 1024 })
    let plain = try Self.run(tuner, sampler: Self.sampler, steps: 50)
    let large = try Self.run(tuner, sampler: Self.sampler, steps: 50, on: scaled)
    // A power of two scales every rounding alike.
    #expect(plain.coefficients == large.coefficients && plain.history.records.count > 150)
  }

  @Test("one-sided steps minimise a quadratic down to the length of a step")
  func minimises() throws {
    let tuner = try Self.tuner(.oneSided, directions: 4, rate: 0.01)
    let (_, coefficients, progress) = try Self.run(tuner, sampler: Self.sampler, steps: 3000)
    let end = Quadratic.example.loss(coefficients)
    // Each step moves four candidates by about 0.01 / 4, also at the end.
    #expect(end < 0.01 && Quadratic.example.loss(Coefficients(candidateCount: 8)) > 9)
    #expect(progress.last?.losses.plus == progress.last?.losses.minus)
  }

  @Test(
    "a clip bounds every scalar and keeps its sign",
    arguments: [Estimator.twoSided, .oneSided])
  func clip(estimator: Estimator) throws {
    let free = try Self.run(
      try Self.tuner(estimator, directions: 4, rate: 1), sampler: Self.sampler, steps: 1)
    let clipped = try Self.run(
      try Self.tuner(estimator, directions: 4, rate: 1, clip: 0.5), sampler: Self.sampler, steps: 1)
    let expected = free.history.records.map { min(max($0.increment, -0.125), 0.125) }
    #expect(clipped.history.records.map(\.increment) == expected)
    #expect(expected != free.history.records.map(\.increment))
  }

  @Test("importance weights make the mean update that of equally likely candidates")
  func unbiased() throws {
    let probabilities: [Float] = [0.25, 0.125, 0.125, 0.0625, 0.0625, 0.125, 0.125, 0.125]
    var sampler = Self.sampler
    sampler.distribution = CandidateDistribution(probabilities)
    for (candidate, probability) in probabilities.enumerated() {
      #expect(sampler.importance(of: candidate) == 1 / (8 * Double(probability)))
    }
    var tuner = try Self.tuner(directions: 1)
    let plain = try Self.run(tuner, sampler: sampler, steps: 1).history.records[0]
    tuner.weighsByImportance = true
    let weighed = try Self.run(tuner, sampler: sampler, steps: 1).history.records[0]
    let factor = Float(sampler.importance(of: plain.candidate))
    #expect(weighed == StepRecord(candidate: plain.candidate, increment: plain.increment * factor))
  }

  @Test("candidates are drawn as often as their probabilities say")
  func distribution() {
    let probabilities = (1...64).map { Float($0) / 2080 }
    var sampler = CandidateSampler(candidateCount: 64, seed: 7)
    sampler.distribution = CandidateDistribution(probabilities)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<200_000 { counts[sampler.next()] += 1 }
    let chiSquare = zip(counts, probabilities).reduce(0.0) { sum, pair in
      let expected = Double(pair.1) * 200_000
      return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
    // 63 degrees of freedom: above 130 with probability 10⁻⁶.
    #expect(chiSquare < 130)
  }

  @Test("without replacement each pass has every candidate once, in an order of its own")
  func passes() {
    var sampler = CandidateSampler(candidateCount: 16, rule: .withoutReplacement, seed: 3)
    let passes = (0..<6).map { _ in (0..<16).map { _ in sampler.next() } }
    #expect(passes.allSatisfy { $0.sorted() == Array(0..<16) } && Set(passes).count == 6)
    var resumed = CandidateSampler(candidateCount: 16, rule: .withoutReplacement, seed: 3)
    resumed.position = 16 * 4 + 5
    #expect((5..<16).map { _ in resumed.next() } == Array(passes[4][5...]))
  }

  @Test("fresh candidates come in order, from wherever the position is")
  func fresh() {
    var sampler = CandidateSampler(candidateCount: 9, rule: .fresh, seed: 3)
    sampler.position = 4
    #expect((0..<5).map { _ in sampler.next() } == [4, 5, 6, 7, 8])
  }
}
