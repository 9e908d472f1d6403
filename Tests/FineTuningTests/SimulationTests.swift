import Datasets
import Federation
import FineTuning
import Foundation
import LanguageModels
import SeedBasis
import Settings
import Testing
import SeedDescent

@Suite("A federation on one machine")
struct SimulationTests {
  private let settings = TuningSettings.small()

  private func simulation(
    threads: Int = 2, settings: TuningSettings = .small(),
    _ change: (inout SimulationSettings) -> Void = { _ in }
  ) throws -> (Simulation, LoadedModel, TuningData) {
    let base = try LoadedModel.tiny(threads: threads)
    let data = try Tasks.data(base, settings: settings)
    var federation = SimulationSettings()
    (federation.clients, federation.localSteps, federation.partition) = (3, 5, "iid")
    change(&federation)
    let simulation = try Simulation(
      base: base, data: data, settings: settings, federation: federation)
    return (simulation, base, data)
  }

  @Test("a run repeats to the last bit, for every number of threads", arguments: [1, 2, 3])
  func repeats(threads: Int) throws {
    let ends = try [2, threads].map { threads in
      var (simulation, _, _) = try simulation(threads: threads)
      let records = try (0..<2).map { _ in try simulation.runRound() }
      return (simulation.coefficients, records, try simulation.score())
    }
    #expect(ends[0].0 == ends[1].0)
    #expect(ends[0].1 == ends[1].1)
    #expect(ends[0].2 == ends[1].2)
    #expect(ends[0].0.values.contains { $0 != 0 })
  }

  @Test(
    "the same bits come of clients one by one and side by side, however the weights are held",
    arguments: [
      (.hadamard, .virtual), (.hadamard, .dense), (.rademacher, .dense), (.gaussian, .virtual),
    ] as [(BasisKind, WeightMode)], [2, 3])
  func sideBySide(held: (BasisKind, WeightMode), concurrency: Int) throws {
    let ends = try [1, concurrency].map { concurrency in
      // With one local step most rounds change as many coefficients as a step does.
      var (simulation, _, _) = try simulation(settings: .small(held.0, mode: held.1)) {
        ($0.clients, $0.localSteps, $0.concurrentClients) = (4, 1, concurrency)
      }
      let records = try (0..<3).map { _ in try simulation.runRound() }
      return (simulation.coefficients, records)
    }
    #expect(ends[0].0 == ends[1].0 && ends[0].1 == ends[1].1)
  }

  @Test("the global coefficients are the clients' own runs, averaged by hand")
  func byHand() throws {
    var (simulation, base, data) = try simulation()
    let objective = LossObjective(base: base, basis: simulation.basis, mode: .virtual)
    let tuner = try settings.makeTuner(steps: 10)
    let clients = simulation.partition.clients.map { $0.map { data.training[$0] } }
    var iterators = clients.enumerated().map { client, examples in
      BatchIterator(
        exampleCount: examples.count, batchSize: settings.batch, seed: settings.seed,
        client: UInt32(client))
    }
    var samplers = clients.indices.map {
      CandidateSampler(candidateCount: 64, seed: settings.seed, client: $0)
    }
    var global = Coefficients(candidateCount: 64)
    for round in 0..<2 {
      let start = global.roundedToSingle
      for (client, examples) in clients.enumerated() {
        var local = TunerState(
          coefficients: start, sampler: samplers[client], step: round * 5)
        let history = try tuner.run(
          5, from: &local, on: objective,
          nextBatch: { TuningBatch(iterators[client].next().map { examples[$0] }) })
        samplers[client] = local.sampler
        var sums = Coefficients(candidateCount: 64)
        for record in history.records {
          try sums.add(Double(record.increment), to: record.candidate)
        }
        try global.add(sums, scaledBy: Double(examples.count) / Double(data.training.count))
      }
      _ = try simulation.runRound()
      #expect(simulation.coefficients == global)
    }
  }

  @Test("of four clients half take part in a round, others in another")
  func participation() throws {
    var (simulation, _, _) = try simulation {
      ($0.clients, $0.participation, $0.localSteps) = (4, 0.5, 1)
    }
    let rounds = try (0..<6).map { _ in try simulation.runRound().participants }
    #expect(rounds.allSatisfy { $0.count == 2 && $0[0].client < $0[1].client })
    #expect(Set(rounds.joined().map(\.client)) == [0, 1, 2, 3])
    #expect(rounds.allSatisfy { abs($0[0].weight + $0[1].weight - 1) < 1e-15 })
  }

  @Test("by category, two clients see one category each")
  func byCategory() throws {
    let (simulation, _, _) = try simulation { ($0.clients, $0.partition) = (2, "by-category") }
    let counts = simulation.categoryCounts
    #expect(counts.allSatisfy { $0.count == 1 && $0.values.first == 24 })
    #expect(counts[0] != counts[1])
  }

  @Test(
    "a federation that resumes comes to the bits of one that never stopped",
    arguments: [BasisKind.hadamard, .gaussian], [1, 6])
  func resumption(kind: BasisKind, localSteps: Int) throws {
    func make() throws -> Simulation {
      try simulation(settings: .small(kind)) { ($0.participation, $0.localSteps) = (2, localSteps) }
        .0
    }
    var whole = try make()
    for _ in 0..<2 { _ = try whole.runRound() }
    let saved = try JSONEncoder().encode(whole.state)
    let rest = try (0..<3).map { _ in try whole.runRound() }

    var resumed = try make()
    try resumed.resume(at: JSONDecoder().decode(SimulationState.self, from: saved))
    #expect(resumed.round == 2)
    #expect(try (0..<3).map { _ in try resumed.runRound() } == rest)
    #expect(resumed.state == whole.state)
  }

  @Test("a state of another federation is refused")
  func foreignState() throws {
    var (simulation, _, _) = try simulation()
    let state = simulation.state
    var others = [SimulationState](repeating: state, count: 6)
    others[0].server.model.coefficients = Coefficients(candidateCount: 32)
    others[1].clients.removeLast()
    others[2].server.round = -1
    others[3].server.round = .max
    others[4].server.knownRounds = [0: 1]
    others[5].server.knownRounds = [0: -1]
    for other in others {
      #expect(throws: StateError.self) { try simulation.resume(at: other) }
    }
    var beyond = state
    beyond.clients[1].batches.offset = 1000
    #expect(throws: BatchStateError.self) { try simulation.resume(at: beyond) }
  }

  @Test("every training example belongs to one client")
  func division() throws {
    let (simulation, _, data) = try simulation()
    #expect(simulation.partition.clients.joined().sorted() == Array(data.training.indices))
    #expect(
      simulation.categoryCounts.reduce(0) { $0 + $1.values.reduce(0, +) } == data.training.count)
  }

  @Test("the held-out loss falls over the rounds")
  func learning() throws {
    var (simulation, base, data) = try simulation { $0.localSteps = 30 }
    let before = try simulation.score()
    #expect(before == (try base.score(data.heldOut, weights: base.store)))
    for _ in 0..<4 { _ = try simulation.runRound() }
    #expect(try simulation.score().lossPerExample < 0.85 * before.lossPerExample)
  }

  @Test("settings that cannot be are refused by name")
  func refusals() throws {
    let wrong: [(SettingKey, (inout SimulationSettings) -> Void)] = [
      (.clients, { $0.clients = 0 }), (.participation, { $0.participation = 0 }),
      (.localSteps, { $0.localSteps = 0 }), (.concurrentClients, { $0.concurrentClients = 0 }),
    ]
    for (key, change) in wrong {
      let error = #expect(throws: SettingsError.self) { _ = try simulation(change) }
      #expect(error?.key == key)
    }
    #expect(throws: PartitionError.self) { _ = try simulation { $0.partition = "by-colour" } }
    #expect(throws: PartitionError.self) { _ = try simulation { $0.clients = 1000 } }
  }

  @Test(
    "clients of other data agree with a server; those of other settings or another model do not")
  func agreement() throws {
    func digest(
      examples: ArraySlice<Example> = Tasks.examples[...], variant: String = "",
      mode: WeightMode? = nil, _ change: (inout SimulationSettings) -> Void = { _ in }
    ) throws -> SettingsDigest {
      let base = try LoadedModel.tiny(variant)
      let settings = TuningSettings.small(mode: mode)
      let data = try TuningData(
        Dataset(examples: Array(examples)), encoder: ExampleEncoder(tokenizer: base.tokenizer),
        settings: settings)
      var federation = SimulationSettings()
      (federation.clients, federation.partition) = (3, "iid")
      change(&federation)
      return try Simulation(base: base, data: data, settings: settings, federation: federation)
        .digest
    }
    let server = try digest()
    #expect(try digest(examples: Tasks.examples[..<40]) == server)
    #expect(try digest(mode: .dense) { ($0.partition, $0.patience) = ("by-category", 3) } == server)
    #expect(try digest { $0.localSteps = 6 } != server)
    #expect(try digest { $0.incrementLimit = 1 } != server)
    #expect(try digest(variant: "/untied-bf16") != server)
  }

  @Test("a client skips the increments that its server would refuse")
  func incrementLimit() throws {
    var (simulation, _, _) = try simulation { $0.incrementLimit = 1e-30 }
    let record = try simulation.runRound()
    #expect(record.participants.allSatisfy { $0.steps == 0 && $0.skippedSteps == 5 })
    #expect(simulation.coefficients == Coefficients(candidateCount: 64))
  }
}
