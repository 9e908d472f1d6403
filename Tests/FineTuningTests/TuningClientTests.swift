import Datasets
import Federation
import FineTuning
import Foundation
import SeedBasis
import SeedDescent
import Testing

@Suite("A client by itself")
struct TuningClientTests {
  static func federation() -> SimulationSettings {
    var federation = SimulationSettings()
    (federation.clients, federation.rounds, federation.localSteps) = (3, 4, 5)
    federation.partition = "iid"
    return federation
  }

  @Test(
    "messages to lone clients, each with its data and its saved state, make the simulated model")
  func alone() throws {
    let settings = TuningSettings.small()
    let base = try LoadedModel.tiny()
    let data = try Tasks.data(base, settings: settings)
    let federation = Self.federation()
    var simulation = try Simulation(
      base: base, data: data, settings: settings, federation: federation)
    let agreement = try federation.agreement(
      on: settings, digest: federation.digest(with: settings, base: base))
    var server = FederationServer(settings: agreement)
    var saved: [Data?] = [nil, nil, nil]
    for _ in 0..<3 {
      let record = try simulation.runRound()
      for message in server.beginRound().map({ $0.encoded() }) {
        // What a process of its own would do: read its state, its data, the message; answer; save.
        let plan = try RoundPlan(decoding: message)
        var client = try TuningClient(
          id: plan.client, base: base,
          training: simulation.partition.clients[plan.client].map { data.training[$0] },
          heldOut: data.heldOut, settings: settings, agreement: agreement, steps: 20)
        if let state = saved[plan.client] {
          try client.resume(
            at: JSONDecoder().decode(ClientState.self, from: state),
            knowing: Coefficients(plan.coefficients))
        }
        let coefficients = try Coefficients(plan.coefficients)
        let scores = (try client.evaluate(plan), try client.evaluate(coefficients))
        #expect(scores.0 == scores.1)
        let update = try ClientUpdate(decoding: client.train(plan).encoded())
        saved[plan.client] = try JSONEncoder().encode(client.state)
        try server.receive(
          Reply(update: update, traffic: Traffic(bytesDown: message.count, bytesUp: 0)))
      }
      #expect(try server.finishRound().updates == record.updates)
      #expect(server.coefficients == simulation.coefficients)
    }
    #expect(server.state == simulation.state.server)
    #expect(simulation.clients.map(\.state) == simulation.state.clients)
  }

  @Test("a plan of another federation is refused, whether it asks for steps or for a loss")
  func strangersPlan() throws {
    let settings = TuningSettings.small()
    let base = try LoadedModel.tiny()
    let data = try Tasks.data(base, settings: settings)
    let federation = Self.federation()
    let agreement = try federation.agreement(
      on: settings, digest: federation.digest(with: settings, base: base))
    var client = try TuningClient(
      id: 1, base: base, training: data.training, heldOut: data.heldOut, settings: settings,
      agreement: agreement, steps: 20)
    let plan = { (id: Int, count: Int) in
      RoundPlan(
        settings: agreement.digest, round: 0, client: id, localSteps: agreement.localSteps,
        coefficients: [Float](repeating: 0, count: count))
    }
    for stranger in [plan(1, 2 * agreement.candidateCount), plan(2, agreement.candidateCount)] {
      #expect(throws: FederationError.self) { try client.evaluate(stranger) }
      #expect(throws: FederationError.self) { try client.train(stranger) }
    }
    _ = try client.evaluate(plan(1, agreement.candidateCount))
  }

  @Test("a state saved when the server kept its clients' places is read as before")
  func oldState() throws {
    let old = #"""
      {"clients":[{"batches":{"epoch":1,"offset":4},"samplerPosition":10}],
       "coefficients":[0.5,-1],"round":2}
      """#
    let state = try JSONDecoder().decode(SimulationState.self, from: Data(old.utf8))
    #expect(state.server.round == 2 && state.server.model.coefficients.values == [0.5, -1])
    #expect(state.clients[0].samplerPosition == 10 && state.clients[0].batches.offset == 4)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let written = String(decoding: try encoder.encode(state), as: UTF8.self)
    #expect(written == old.filter { !$0.isWhitespace })
  }

  @Test("the limit of an increment holds in every step of every client")
  func limit() throws {
    let settings = TuningSettings.small()
    let base = try LoadedModel.tiny()
    let data = try Tasks.data(base, settings: settings)
    func increments(_ limit: Float?) throws -> (magnitudes: [Float], skipped: Int) {
      var federation = Self.federation()
      federation.incrementLimit = limit
      var simulation = try Simulation(
        base: base, data: data, settings: settings, federation: federation)
      let record = try simulation.runRound()
      return (
        record.updates.flatMap(\.update.records).map { abs($0.increment) },
        record.participants.reduce(0) { $0 + $1.skippedSteps }
      )
    }
    let free = try increments(nil)
    let limit = free.magnitudes.sorted()[free.magnitudes.count / 2]
    let bound = try increments(limit)
    #expect(bound.magnitudes.allSatisfy { $0 <= limit } && bound.skipped > free.skipped)
    #expect(bound.magnitudes.count + bound.skipped == 15)
  }
}
