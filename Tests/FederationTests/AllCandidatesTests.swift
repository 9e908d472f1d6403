import CounterRandom
import Federation
import SeedBasis
import SeedDescent
import Testing

@Suite("Federations that move all coefficients")
struct AllCandidatesTests {
  /// Descends along the exact gradient of a quadratic, and says so for all candidates at once.
  struct GradientClient: ClientTrainer {
    let id: Int
    let target: [Double]
    let settings: FederationSettings
    var optimizer = Optimizer.sgd
    var rate = 0.1

    func train(_ plan: RoundPlan) throws -> ClientUpdate {
      var coefficients = try Coefficients(plan.coefficients)
      var (history, state) = (StepHistory(), OptimizerState())
      for number in 0..<plan.localSteps {
        let gradient = zip(coefficients.values, target).map { $0 - $1 }
        let update =
          optimizer.increments(
            against: gradient, learningRate: rate, state: &state
          ).map(StepUpdate.all) ?? .none
        try coefficients.add(update)
        try history.append(
          Step(
            number: number, losses: LossPair(plus: 1.5, minus: 1.5), update: update,
            skippedCount: update.isEmpty ? 1 : 0))
      }
      var rounding = RandomStream(
        seed: settings.seed, tag: .updateRounding, a: UInt32(id), b: UInt32(plan.round))
      return ClientUpdate(
        to: plan, exampleCount: 10 * (id + 1), history: history,
        incrementLimit: settings.incrementLimit, rounding: &rounding)
    }
  }

  /// One that has a backward pass, or one that has not.
  enum EitherClient: ClientTrainer {
    case gradient(GradientClient)
    case pairs(QuadraticClient)

    mutating func train(_ plan: RoundPlan) throws -> ClientUpdate {
      switch self {
      case .gradient(let client): return try client.train(plan)
      case .pairs(var client):
        defer { self = .pairs(client) }
        return try client.train(plan)
      }
    }
  }

  static func settings(
    precision: CoefficientPrecision = .integer16, limit: Float? = nil, localSteps: Int = 5,
    candidates: Int = 16
  ) throws -> FederationSettings {
    try Example.settings(
      clients: 3, candidates: candidates, localSteps: localSteps, limit: limit,
      precision: precision, admitsAll: true)
  }

  static func clients(_ settings: FederationSettings, rate: Double = 0.1) -> [GradientClient] {
    (0..<settings.clientCount).map { id in
      GradientClient(
        id: id, target: Example.target(client: id, candidates: settings.candidateCount),
        settings: settings, rate: rate)
    }
  }

  static func run<Client: ClientTrainer>(
    _ settings: FederationSettings, _ clients: [Client], rounds: Int
  ) throws -> (server: FederationServer, records: [RoundRecord]) {
    var server = FederationServer(settings: settings)
    var transport = InProcessTransport(clients: clients)
    let records = try (0..<rounds).map { _ in try server.runRound(over: &transport) }
    return (server, records)
  }

  @Test("16 bits both ways lose nothing against 32 on the way to the weighted optimum")
  func precision() throws {
    let rounds = 40
    let servers = try CoefficientPrecision.allCases.map { precision in
      let settings = try Self.settings(precision: precision)
      return try Self.run(settings, Self.clients(settings), rounds: rounds).server
    }
    for candidate in 0..<16 {
      let optimum: Double = (0..<3).reduce(0.0) { (sum: Double, client: Int) -> Double in
        sum + Double(client + 1) / 6 * Example.target(client: client)[candidate]
      }
      let found = servers.map { $0.coefficients.values[candidate] }
      // A round shrinks the error by 0.9⁵ = 0.59: by 10⁻⁹ in all.
      #expect(abs(found[0] - optimum) < 1e-4)
      // A round adds a rounding of at most 3 / 16,383 of the way up, whose share 0.59 goes on, and
      // the model itself is rounded by at most 4 / 32,767.
      let tolerance: Double = 3.0 / 16_383 / (1 - 0.59) + 4.0 / 32_767
      #expect(abs(found[1] - found[0]) < tolerance)
    }
  }

  @Test("at K = 4096 a client's round takes 16,532 bytes both ways, whatever its steps")
  func bytes() throws {
    for localSteps in [1, 20] {
      let settings = try Self.settings(localSteps: localSteps, candidates: 4096)
      let record = try Self.run(settings, Self.clients(settings), rounds: 1).records[0]
      for participant in record.participants {
        let traffic = participant.traffic
        #expect(traffic.bytesDown + traffic.bytesUp == 16_532 && participant.steps == localSteps)
        #expect(participant.meanLoss == 1.5 && participant.skippedSteps == 0)
      }
    }
  }

  @Test("clients with a backward pass and without take part in one federation")
  func bothKinds() throws {
    let settings = try Self.settings(localSteps: 50)
    let target = Example.target(client: 0)
    let tuner = try Example.tuner(rate: 0.05)
    let pairs = Example.clients(settings, tuner: tuner) { _ in target }
    let clients: [EitherClient] = [
      .pairs(pairs[0]), .pairs(pairs[1]),
      .gradient(GradientClient(id: 2, target: target, settings: settings)),
    ]
    let (server, records) = try Self.run(settings, clients, rounds: 40)
    // The gradient's half of the movement alone shrinks the error by 1/2 each round.
    for (value, target) in zip(server.coefficients.values, target) {
      #expect(abs(value - target) < 2e-3)
    }
    #expect(records[0].updates.map(\.update.count) == [50, 50, 16])
  }

  @Test("the record of a run adds up to its model again, without a client too, from messages alone")
  func replay() throws {
    let settings = try Self.settings()
    let (server, records) = try Self.run(settings, Self.clients(settings), rounds: 6)
    let aggregator = Aggregator(precision: .integer16)
    var models = [Int?.none, 1].map { _ in
      GlobalModel(coefficients: Coefficients(candidateCount: 16))
    }
    for record in records {
      let received = try record.updates.map { try ClientUpdate(decoding: $0.encoded()) }
      try aggregator.merge(received, into: &models[0])
      try aggregator.merge(received, into: &models[1], without: 1)
    }
    #expect(models[0] == server.state.model && models[1] != models[0])
  }

  @Test("a server that goes on from its state sends and computes the same")
  func resumes() throws {
    let settings = try Self.settings()
    let clients = Self.clients(settings)
    let whole = try Self.run(settings, clients, rounds: 6).server
    let half = try Self.run(settings, clients, rounds: 3).server
    var server = FederationServer(settings: settings, state: half.state)
    #expect(half.state.model.remainder != nil)
    var transport = InProcessTransport(clients: clients)
    for _ in 0..<3 { _ = try server.runRound(over: &transport) }
    #expect(server.state == whole.state)
  }

  @Test("a movement over the limit is not sent, and not taken")
  func limit() throws {
    let settings = try Self.settings(limit: 0.125)
    let (server, records) = try Self.run(settings, Self.clients(settings), rounds: 1)
    #expect(server.coefficients == Coefficients(candidateCount: 16))
    #expect(records[0].participants.allSatisfy { $0.steps == 0 && $0.skippedSteps == 5 })
    #expect(records[0].updates.allSatisfy { $0.meanLoss == nil })
    let gentle = try Self.run(settings, Self.clients(settings, rate: 0.005), rounds: 1)
    #expect(gentle.records[0].participants.allSatisfy { $0.steps == 5 })
    let wrong = Example.update(
      client: 0, all: [Float](repeating: 0.25, count: 16), steps: 5)
    var open = FederationServer(settings: settings)
    _ = open.beginRound()
    #expect(throws: FederationError.self) {
      try open.receive(Reply(update: wrong, traffic: FederationServerTests.traffic))
    }
  }

  @Test("a client refuses coefficients in other bits than agreed")
  func otherBits() throws {
    let agreed = try Example.settings(clients: 1, localSteps: 3)
    var client = Example.clients(agreed, tuner: try Example.tuner())[0]
    let plan = RoundPlan(
      settings: Example.digest, round: 0, client: 0, localSteps: 3,
      coefficients: [Float](repeating: 0, count: 16), precision: .integer16)
    #expect(throws: FederationError.self) { try client.train(plan) }
  }
}
