import CounterRandom
import Federation
import SeedBasis
import SeedDescent
import Settings
import Testing

@Suite("Private updates")
struct PrivacyTests {
  private func settings(
    _ rule: PrivacyRule?, clients: Int = 3, participation: Double = 1, candidates: Int = 16,
    precision: CoefficientPrecision = .integer16, window: Int? = nil, limit: Float? = nil,
    aggregation: AggregationRule = .mean
  ) throws -> FederationSettings {
    try FederationSettings(
      clientCount: clients, participation: Participation(participation),
      candidateCount: candidates, localSteps: 5, aggregation: aggregation, precision: precision,
      admitsAll: true, windowSize: window, seed: 1, incrementLimit: limit, privacy: rule,
      digest: Example.digest)
  }

  private func clients(
    _ settings: FederationSettings, estimator: Estimator = .backprop
  ) throws -> [QuadraticClient] {
    let tuner = LocalTuner(
      estimator: estimator, twoPoint: try TwoPointEstimator(epsilon: 1 / 256),
      learningRate: try LearningRate(constant: 0.05))
    return Example.clients(settings, tuner: tuner) {
      Example.target(client: $0, candidates: settings.candidateCount)
    }
  }

  private func values(_ update: ClientUpdate) -> [Float] {
    guard case .all(let increments) = update.update else { return [] }
    return increments
  }

  @Test("all numbers are integers times a power of two, the smallest with room for clip and noise")
  func grid() {
    for multiplier in [0, 0.1, 1, 30] {
      for precision in CoefficientPrecision.allCases {
        let grid = PrivacyRule(.local, clip: 0.3, noiseMultiplier: multiplier).grid(precision)
        let room = 0.3 * (1 + 6 * multiplier)
        #expect(grid.step.significand == 1 && grid.longest == 0.3 / grid.step)
        #expect(grid.step * Double(grid.largest) >= room)
        #expect(grid.step / 2 * Double(grid.largest) < room)
      }
    }
  }

  @Test("an update is rounded without bias, and never longer than the clip")
  func rounding() {
    let grid = PrivacyRule(.local, clip: 1, noiseMultiplier: 1).grid(.integer16)
    var stream = RandomStream(seed: 3, tag: .updateRounding)
    for count in [1, 16, 4096] {
      for scale in [1e-4, 0.02, 1, 1e30] {
        let values = (0..<count).map { _ in scale * (stream.uniform() - 0.5) }
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let integers = grid.rounded(values) { stream.uniform() }
        let squares = integers.reduce(0) { $0 + $1 * $1 }
        #expect(Double(squares).squareRoot() <= grid.longest)
        guard norm < 0.9 else { continue }
        for (integer, value) in zip(integers, values) {
          #expect(abs(Double(integer) * grid.step - value) < grid.step)
        }
      }
    }
    let third = [Double](repeating: (5 + 1.0 / 3) * grid.step, count: 3000)
    let sum = grid.rounded(third) { stream.uniform() }.reduce(0, +)
    // Each is 5 or 6; five standard deviations of the number of sixes.
    let bound = 5 * (3000.0 * 2 / 9).squareRoot()
    #expect(abs(Double(sum) - 16_000) < bound)
  }

  @Test(
    "a client's noise is normal, of the variance asked for, and its message tells nothing else",
    arguments: [Estimator.backprop, .twoSided], CoefficientPrecision.allCases)
  func localNoise(estimator: Estimator, precision: CoefficientPrecision) throws {
    let count = 4096
    let update = { (multiplier: Double) in
      let rule = PrivacyRule(.local, clip: 0.5, noiseMultiplier: multiplier)
      let settings = try self.settings(rule, candidates: count, precision: precision)
      var client = try self.clients(settings, estimator: estimator)[1]
      return try client.train(FederationServer(settings: settings).plans(for: [1])[0])
    }
    let (quiet, noisy) = (try update(0), try update(0.5))
    for update in [quiet, noisy] {
      #expect(update.meanLoss == nil && update.exampleCount == 1 && update.skippedCount == 0)
      #expect(try ClientUpdate(decoding: update.encoded()) == update && update.stepCount == 5)
    }
    let norm = values(quiet).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(norm <= 0.5 && norm > (estimator == .backprop ? 0.49 : 0.05))
    let noise = zip(values(noisy), values(quiet)).map { Double($0) - Double($1) }
    let variance = noise.reduce(0) { $0 + $1 * $1 } / Double(count)
    let mean = noise.reduce(0, +) / Double(count)
    // Five standard deviations of the mean, and of the mean of squares; and what is rounded.
    let root = Double(count).squareRoot()
    let (meanBound, varianceBound) = (5 * 0.25 / root, 5 * 2.squareRoot() / root + 1e-3)
    #expect(abs(mean) < meanBound)
    #expect(abs(variance / 0.0625 - 1) < varianceBound)
  }

  @Test("the same plan has the same noise; other plans, clients and secrets have their own")
  func repetition() throws {
    let rule = PrivacyRule(.local, clip: 1, noiseMultiplier: 1)
    let settings = try settings(rule)
    let clients = try clients(settings)
    var server = FederationServer(settings: settings)
    let plans = server.beginRound()
    func update(_ client: QuadraticClient, _ plan: RoundPlan) throws -> [Float] {
      var client = client
      return values(try client.train(plan))
    }
    let first = try update(clients[0], plans[0])
    #expect(try update(clients[0], plans[0]) == first)
    var owned = clients[0]
    owned.secret = .random()
    let own = try update(owned, plans[0])
    #expect(own != first)
    #expect(try update(owned, plans[0]) == own)
    let later = Example.server(settings, round: 1).plans(for: [0])[0]
    let difference = zip(try update(owned, later), own).map { $0 - $1 }
    // If the noise were the same, what is left would be rounding.
    #expect(difference.contains { abs($0) > 0.1 })
    #expect(PrivacySecret.random() != PrivacySecret.random())
  }

  @Test(
    "central noise is on the sum over the number of clients to be expected, by the server's secret")
  func centralNoise() throws {
    let count = 4096
    func movement(
      _ multiplier: Double, secret: PrivacySecret? = nil, answering: Int = 3
    ) throws -> [Double] {
      let rule = PrivacyRule(.central, clip: 0.5, noiseMultiplier: multiplier)
      let settings = try settings(rule, candidates: count, precision: .binary32)
      var server = FederationServer(settings: settings, secret: secret)
      var transport = InProcessTransport(clients: try clients(settings))
      for reply in try transport.exchange(server.beginRound()).prefix(answering) {
        try server.receive(reply)
      }
      let record = try server.finishRound(quorum: 1)
      #expect(record.participants.allSatisfy { $0.weight == 1.0 / 3 })
      return server.coefficients.values
    }
    let quiet = try movement(0)
    let noisy = try movement(1)
    #expect(try movement(1) == noisy)
    #expect(try movement(1, secret: .random()) != noisy)
    let noise = zip(noisy, quiet).map { ($0 - $1) * 3 }
    let variance = noise.reduce(0) { $0 + $1 * $1 } / Double(count)
    let bound = 5 * (2 / Double(count)).squareRoot() + 1e-3
    #expect(abs(variance / 0.25 - 1) < bound)
    // One who does not answer counts as zero: the others do not weigh more.
    let norm = try movement(0, answering: 1).reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(norm <= 0.5 / 3 && norm > 0.49 / 3)
  }

  @Test(
    "with central noise each client is chosen by itself, by the secret, and a round may have none")
  func sampling() throws {
    let rule = PrivacyRule(.central, clip: 0.5, noiseMultiplier: 1)
    let settings = try settings(rule, clients: 20, participation: 0.1)
    var server = FederationServer(settings: settings, secret: .random())
    let counts = (0..<2000).map { server.participants(of: $0).count }
    let mean = Double(counts.reduce(0, +)) / 2000
    let bound = 5 * (20 * 0.1 * 0.9 / 2000).squareRoot()
    #expect(abs(mean - 2) < bound)
    #expect(counts.contains(0) && counts.contains(4))
    #expect(server.participants(of: 7) == server.participants(of: 7))
    while !server.participants(of: server.round).isEmpty {
      var transport = InProcessTransport(clients: try clients(settings))
      _ = try server.runRound(over: &transport)
    }
    let before = server.coefficients
    #expect(server.beginRound().isEmpty)
    #expect(try server.finishRound().updates.isEmpty)
    #expect(server.coefficients != before)
    #expect(server.privacyCost?.releases == server.round + 1)
    #expect(server.privacyCost?.samplingRate == 0.1)
  }

  @Test("a server that goes on has the same noise and the same clients")
  func resumption() throws {
    let rule = PrivacyRule(.central, clip: 0.5, noiseMultiplier: 1)
    let settings = try settings(rule, clients: 8, participation: 0.5, window: 8)
    var (one, clients) = (
      FederationServer(settings: settings, secret: .random()),
      InProcessTransport(clients: try clients(settings))
    )
    for _ in 0..<3 { _ = try one.runRound(over: &clients) }
    var (other, others) = (FederationServer(settings: settings, state: one.state), clients)
    for _ in 0..<3 {
      #expect(try one.runRound(over: &clients) == other.runRound(over: &others))
    }
    #expect(one.state == other.state)
  }

  @Test("with local noise what counts is the client that answered most often")
  func cost() throws {
    let rule = PrivacyRule(.local, clip: 0.5, noiseMultiplier: 1)
    let settings = try settings(rule, clients: 4, participation: 0.5)
    let server = Example.server(settings, round: 9)
    let answers = (0..<4).map { client in
      (0...9).count { settings.participants(of: $0).contains(client) }
    }
    #expect(server.privacyCost?.releases == answers.max() && server.privacyCost?.samplingRate == 1)
    #expect(FederationServer(settings: try self.settings(nil)).privacyCost == nil)
  }

  @Test("an update that tells more, is off the grid, or too long is refused")
  func refusals() throws {
    let rule = PrivacyRule(.central, clip: 0.5, noiseMultiplier: 1)
    let settings = try settings(rule, precision: .binary32)
    let step = Float(rule.grid(.binary32).step)
    func refusal(
      _ values: [Float], examples: Int = 1, loss: Float? = nil
    ) -> FederationError? {
      var server = FederationServer(settings: settings)
      _ = server.beginRound()
      let update = ClientUpdate(
        settings: Example.digest, round: 0, client: 0, candidateCount: 16, exampleCount: examples,
        skippedCount: 0, meanLoss: loss, content: .all(.binary32(values), stepCount: 5))
      do throws(FederationError) {
        try server.receive(Reply(update: update, traffic: Traffic(bytesDown: 0, bytesUp: 0)))
        return nil
      } catch { return error }
    }
    let one = [1024 * step] + [Float](repeating: 0, count: 15)
    #expect(refusal(one) == nil)
    #expect("\(String(describing: refusal(one, examples: 2)))".contains("number of examples"))
    #expect("\(String(describing: refusal(one, loss: 1)))".contains("mean loss"))
    #expect("\(String(describing: refusal([step / 2] + one.dropFirst())))".contains("multiple of"))
    #expect("\(String(describing: refusal([0.75] + one.dropFirst())))".contains("norm"))
    let pairs = Example.update(examples: 1, steps: [(0, step)])
    var server = FederationServer(settings: settings)
    _ = server.beginRound()
    #expect(throws: FederationError.self) {
      try server.receive(Reply(update: pairs, traffic: Traffic(bytesDown: 0, bytesUp: 0)))
    }
  }

  @Test("what cannot be is refused by the name of the setting")
  func settingsErrors() {
    func key(_ body: () throws -> FederationSettings) -> SettingKey? {
      do { _ = try body() } catch { return (error as? SettingsError)?.key }
      return nil
    }
    let good = PrivacyRule(.central, clip: 0.5, noiseMultiplier: 1)
    for clip in [0, -1, .nan, .infinity, 1e16] {
      let rule = PrivacyRule(.central, clip: clip, noiseMultiplier: 1)
      #expect(key { try settings(rule) } == .privacyClip)
    }
    for noise in [-1, .nan, .infinity, 1e7, 1e5] {
      let rule = PrivacyRule(.local, clip: 1, noiseMultiplier: noise)
      #expect(key { try settings(rule) } == .privacyNoise)
    }
    #expect(key { try settings(good, limit: 1) } == .incrementLimit)
    #expect(key { try settings(good, aggregation: .median) } == .aggregation)
  }
}
