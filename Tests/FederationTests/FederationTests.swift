import Federation
import Foundation
import SeedBasis
import Testing
import SeedDescent

@Suite("FedKSeed on quadratics")
struct FederationTests {
  static func run(
    _ settings: FederationSettings, _ clients: [QuadraticClient], rounds: Int
  ) throws -> (server: FederationServer, records: [RoundRecord], clients: [QuadraticClient]) {
    var server = FederationServer(settings: settings)
    var transport = InProcessTransport(clients: clients)
    let records = try (0..<rounds).map { _ in try server.runRound(over: &transport) }
    return (server, records, transport.clients)
  }

  @Test("clients with one optimum reach it, all of them taking part or a few", arguments: [1, 0.3])
  func commonOptimum(participation: Double) throws {
    let settings = try Example.settings(clients: 10, participation: participation)
    let clients = Example.clients(settings, tuner: try Example.tuner(rate: 0.05)) { _ in
      Example.target(client: 0)
    }
    let (server, records, _) = try Self.run(settings, clients, rounds: 40)
    // Some 12 draws of a candidate a round, so its error shrinks by 0.95^(12 · 40) = 10⁻¹¹; losses
    // near the optimum are some 10⁻⁴ and A is seen rounded to 2⁻²³.
    for (value, target) in zip(server.coefficients.values, Example.target(client: 0)) {
      #expect(abs(value - target) < 1e-5)
    }
    let losses = try records.map { try #require($0.meanLoss) }
    #expect(losses[0] > 1 && losses[39] < 1e-3)
  }

  @Test("clients with different optima reach the mean, weighted by their examples")
  func weightedOptimum() throws {
    let settings = try Example.settings(clients: 4)
    let clients = Example.clients(settings, tuner: try Example.tuner()) { client in
      (0..<16).map { 3 + Double($0.isMultiple(of: 2) ? client : -client) }
    }
    let (server, _, _) = try Self.run(settings, clients, rounds: 60)
    // The weights are 0.1, 0.2, 0.3, 0.4: the mean client number is 2, without weights 1.5.
    // A round moves A_k by Σ c_i (1 − 0.99^m_i)(t_i − A_k), m_i ≈ 12.5 ± 3.4 draws. That keeps an
    // error of standard deviation 0.03 · √Σ(c_i (i − 2))² / √(1 − 0.88²) < 0.04, and 0.88⁶⁰ · 5 < 0.003
    // of the start: 0.25 is six of them, and half of what forgotten weights would change.
    for (candidate, value) in server.coefficients.values.enumerated() {
      #expect(abs(value - (candidate.isMultiple(of: 2) ? 5 : 1)) < 0.25)
    }
  }

  @Test("with one client and one local step it is MeZO over the pool, bit for bit")
  func equalsMeZO() throws {
    let settings = try Example.settings(clients: 1, localSteps: 1)
    let tuner = try Example.tuner(rate: 0.1)
    let clients = Example.clients(settings, tuner: tuner)
    let (server, _, _) = try Self.run(settings, clients, rounds: 500)

    var state = TunerState(
      coefficients: Coefficients(candidateCount: 16),
      sampler: CandidateSampler(candidateCount: 16, seed: settings.seed))
    _ = try tuner.run(
      500, from: &state, on: Quadratic(target: Example.target(client: 0)), nextBatch: { 0 })
    #expect(server.coefficients == state.coefficients)
  }

  @Test("a run repeats exactly, and another seed is another run")
  func repeats() throws {
    let runs = try [1, 1, 2].map { (seed: UInt64) in
      let settings = try Example.settings(clients: 5, participation: 0.6, seed: seed)
      let clients = Example.clients(settings, tuner: try Example.tuner())
      return try Self.run(settings, clients, rounds: 6)
    }
    #expect(runs[0].server.coefficients == runs[1].server.coefficients)
    #expect(runs[0].records == runs[1].records)
    #expect(runs[0].server.coefficients != runs[2].server.coefficients)
  }

  @Test("data and candidates go on where the client's last round stopped")
  func clientState() throws {
    let settings = try Example.settings(clients: 4, participation: 2, localSteps: 10)
    let clients = Example.clients(settings, tuner: try Example.tuner())
    let (_, records, after) = try Self.run(settings, clients, rounds: 12)
    let taken = (0..<4).map { client in
      records.count { $0.participants.contains { $0.client == client } }
    }
    #expect(Set(taken).count > 1, "every client took part equally often, which shows nothing")
    #expect(after.map(\.batches.upcoming) == taken.map { 10 * $0 })
    let samplers = (0..<4).map { client in
      var sampler = CandidateSampler(candidateCount: 16, seed: settings.seed, client: client)
      for _ in 0..<10 * taken[client] { _ = sampler.next() }
      return sampler
    }
    #expect(after.map(\.sampler) == samplers)
  }

  @Test("a server and clients restored from what they saved go on with the same bits")
  func resumes() throws {
    let settings = try Example.settings(clients: 4, participation: 0.5, localSteps: 10)
    let fresh = Example.clients(settings, tuner: try Example.tuner())
    let whole = try Self.run(settings, fresh, rounds: 8)

    let half = try Self.run(settings, fresh, rounds: 4)
    let restored = zip(fresh, half.clients).map { fresh, saved in
      var client = fresh
      client.batches = saved.batches
      client.sampler.position = saved.sampler.position
      return client
    }
    var server = FederationServer(
      settings: settings, coefficients: half.server.coefficients, round: half.server.round)
    var transport = InProcessTransport(clients: restored)
    for _ in 0..<4 { _ = try server.runRound(over: &transport) }
    #expect(server.coefficients == whole.server.coefficients && server.round == 8)
  }

  @Test("every participant's bytes are counted from its messages, and the record survives JSON")
  func bytes() throws {
    let settings = try Example.settings(clients: 6, participation: 0.5, candidates: 4096)
    let clients = Example.clients(settings, tuner: try Example.tuner()) {
      Example.target(client: $0, candidates: 4096)
    }
    let record = try #require(try Self.run(settings, clients, rounds: 1).records.first)
    #expect(record.participants.count == 3)
    #expect(
      record.participants.allSatisfy {
        $0.traffic == Traffic(bytesDown: 16_448, bytesUp: 76 + 6 * $0.steps) && $0.steps == 200
      })
    let json = try JSONEncoder().encode(record)
    #expect(try JSONDecoder().decode(RoundRecord.self, from: json) == record)
  }

  @Test("a client refuses a plan that is not its own, and keeps its place in the data")
  func foreignPlan() throws {
    let settings = try Example.settings(clients: 2, localSteps: 3)
    var client = Example.clients(settings, tuner: try Example.tuner())[1]
    let plans = [
      (0, 16, 3, Example.digest), (1, 8, 3, Example.digest), (1, 16, 4, Example.digest),
      (1, 16, 3, SettingsDigest(of: [:])),
    ].map { id, candidates, steps, digest in
      RoundPlan(
        settings: digest, round: 0, client: id, localSteps: steps,
        coefficients: [Float](repeating: 0, count: candidates))
    }
    for plan in plans {
      #expect(throws: FederationError.self) { try client.train(plan) }
    }
    #expect(client.batches.upcoming == 0 && client.sampler.position == 0)
  }

  @Test("a client whose data ends says so")
  func outOfBatches() throws {
    let settings = try Example.settings(clients: 1, localSteps: 3)
    var client = Example.clients(settings, tuner: try Example.tuner())[0]
    client.batches.end = 2
    var transport = InProcessTransport(clients: [client])
    var server = FederationServer(settings: settings)
    #expect(throws: FederationError.outOfBatches(client: 0)) {
      try server.runRound(over: &transport)
    }
  }
}
