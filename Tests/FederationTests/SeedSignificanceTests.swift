import Federation
import Foundation
import SeedBasis
import Testing
import SeedDescent

@Suite("Seed significance")
struct SeedSignificanceTests {
  /// The history of Tests/Reference/significance.py.
  static let history: [(Int, Double)] = [
    (0, 2), (1, -30), (0, -4), (2, 2500), (3, 0.5), (1, 10), (2, -1),
  ]

  static func rule(clip: Double = 1000, zero: Bool = true, unbiased: Bool = false)
    -> SignificanceRule
  {
    var rule = SignificanceRule()
    (rule.clip, rule.hasLeadingZero, rule.isUnbiased) = (clip, zero, unbiased)
    return rule
  }

  @Test(
    "probabilities are those of the second implementation, Tests/Reference/significance.py",
    arguments: [
      (1000, true, [0.148690493, 0.153827671, 0.401767239, 0.147912690, 0.147801907]),
      (1000, false, [0.148685000, 0.153821987, 0.401752396, 0.147944170, 0.147796447]),
      (20, true, [0.153081922, 0.340690084, 0.252389422, 0.128505695, 0.125332878]),
      (20, false, [0.152917482, 0.340324114, 0.252118305, 0.129441854, 0.125198245]),
    ] as [(Double, Bool, [Double])])
  func knownAnswers(clip: Double, zero: Bool, expected: [Double]) {
    let rule = Self.rule(clip: clip, zero: zero)
    var significance = SeedSignificance(candidateCount: 5)
    for (candidate, scalar) in Self.history {
      significance.record(scalar, of: candidate, by: rule)
    }
    let found = significance.probabilities(by: rule)
    // Half a unit of the last digit printed, and one rounding to Float.
    #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 5e-10 + 0x1p-25 })
  }

  @Test("without scalars, and with equal ones, all candidates are equally likely")
  func uniform() {
    var significance = SeedSignificance(candidateCount: 8)
    #expect(significance.probabilities(by: Self.rule()) == [Float](repeating: 0.125, count: 8))
    for candidate in 0..<8 { significance.record(-3, of: candidate, by: Self.rule()) }
    #expect(significance.probabilities(by: Self.rule()) == [Float](repeating: 0.125, count: 8))
  }

  @Test("no candidate is more than e times as likely as another")
  func bounded() {
    var significance = SeedSignificance(candidateCount: 4)
    for power in 0..<4 { significance.record(pow(100, Double(power)), of: power, by: Self.rule()) }
    let probabilities = significance.probabilities(by: Self.rule()).map(Double.init)
    #expect(abs(probabilities[3] / probabilities[0] - exp(1)) < 0.01)
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-6)
  }

  /// Runs FedKSeed-Pro on quadratics and returns the server and the clients' histories of scalars.
  static func run(
    _ rule: SignificanceRule, rounds: Int, schedule: LearningRateSchedule = .constant
  ) throws -> (server: FederationServer, plans: [RoundPlan], updates: [ClientUpdate]) {
    let settings = try FederationSettings(
      clientCount: 3, candidateCount: 16, localSteps: 40, directions: 2, significance: rule,
      seed: 1, digest: Example.digest)
    let rate = try LearningRate(peak: 0.02, schedule: schedule, warmup: 0, steps: rounds * 40)
    let tuner = LocalTuner(
      twoPoint: try TwoPointEstimator(epsilon: 1 / 256), learningRate: rate, directions: 2)
    let clients = Example.clients(settings, tuner: tuner)
    var server = FederationServer(settings: settings, learningRate: rate)
    var recorder = Recorder(transport: InProcessTransport(clients: clients))
    for _ in 0..<rounds { _ = try server.runRound(over: &recorder) }
    return (server, recorder.plans, recorder.updates)
  }

  /// Remembers what was sent.
  struct Recorder: Transport {
    var transport: InProcessTransport<QuadraticClient>
    var plans: [RoundPlan] = []
    var updates: [ClientUpdate] = []

    mutating func exchange(_ plans: [RoundPlan]) throws -> [Reply] {
      let replies = try transport.exchange(plans)
      self.plans += plans
      updates += replies.map(\.update)
      return replies
    }
  }

  @Test(
    "the server learns the scalars from the increments alone, with any schedule and weights",
    arguments: [false, true], LearningRateSchedule.allCases)
  func serverState(isUnbiased: Bool, schedule: LearningRateSchedule) throws {
    let rule = Self.rule(clip: 2, unbiased: isUnbiased)
    let (server, plans, updates) = try Self.run(rule, rounds: 4, schedule: schedule)
    let rate = try LearningRate(peak: 0.02, schedule: schedule, warmup: 0, steps: 160)
    var expected = SeedSignificance(candidateCount: 16)
    for (plan, update) in zip(plans, updates) {
      let probabilities = try #require(plan.probabilities)
      for step in update.steps {
        let weight = isUnbiased ? 1 / (16 * Double(probabilities[step.candidate])) : 1
        let scalar = Double(step.increment) * 2 / (rate.value(at: plan.round * 40) * weight)
        expected.record(scalar, of: step.candidate, by: rule)
      }
    }
    let found = try #require(server.significance)
    #expect(found.counts == expected.counts && found.counts.reduce(0, +) == 4 * 3 * 80)
    // The sum of the probabilities, 16 roundings to Float, is 1 in the expectation here.
    #expect(zip(found.magnitudes, expected.magnitudes).allSatisfy { abs($0 - $1) < 1e-6 * $1 })
    #expect(plans[0].probabilities == [Float](repeating: 1.0 / 16, count: 16))
    #expect(plans[11].probabilities != plans[0].probabilities)
  }

  @Test("a server restored from its state sends the same plans")
  func resumes() throws {
    var (server, _, _) = try Self.run(Self.rule(), rounds: 3)
    let saved = try JSONEncoder().encode(server.significance)
    var restored = FederationServer(
      settings: server.settings, learningRate: try LearningRate(constant: 0.02),
      coefficients: server.coefficients, round: server.round,
      significance: try JSONDecoder().decode(SeedSignificance.self, from: saved))
    #expect(restored.beginRound() == server.beginRound())
  }

  @Test("a plan with probabilities survives encoding; K = 2048 fits into 18,000 bytes a round")
  func plan() throws {
    let probabilities = (0..<2048).map { Float($0 + 1) / 4096 }
    let plan = RoundPlan(
      settings: Example.digest, round: 1, client: 2, localSteps: 200,
      coefficients: [Float](repeating: 1, count: 2048), probabilities: probabilities)
    let bytes = plan.encoded()
    #expect(try RoundPlan(decoding: bytes) == plan)
    let up = MessageTests.update(candidates: 2048, steps: 200).encoded().count
    #expect(bytes.count == 64 + 8 * 2048 && bytes.count + up == 17_724)
  }

  @Test(
    "probabilities that are no probabilities are refused with their place",
    arguments: [0, -0.5, 1.5] as [Float])
  func badProbability(value: Float) {
    let plan = RoundPlan(
      settings: Example.digest, round: 0, client: 0, localSteps: 1, coefficients: [1, 2, 3],
      probabilities: [0.25, value, 0.5])
    let error = #expect(throws: MessageError.self) { try RoundPlan(decoding: plan.encoded()) }
    #expect(error?.field == "probability 1" && error?.offset == 56 + 12 + 4)
  }

  @Test("a client refuses probabilities it did not agree on, and a plan that lacks them")
  func disagreement() throws {
    let uniform = [Float](repeating: 1.0 / 16, count: 16)
    for (rule, probabilities) in [(nil, uniform), (Self.rule(), nil)]
      as [(SignificanceRule?, [Float]?)]
    {
      let settings = try FederationSettings(
        clientCount: 1, candidateCount: 16, localSteps: 3, significance: rule, seed: 1,
        digest: Example.digest)
      var client = Example.clients(settings, tuner: try Example.tuner())[0]
      let plan = RoundPlan(
        settings: Example.digest, round: 0, client: 0, localSteps: 3,
        coefficients: [Float](repeating: 0, count: 16), probabilities: probabilities)
      #expect(throws: FederationError.self) { try client.train(plan) }
    }
  }
}
