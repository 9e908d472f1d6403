import Federation
import Foundation
import SeedBasis
import Testing
import SeedDescent

@Suite("Federation server")
struct FederationServerTests {
  static let traffic = Traffic(bytesDown: 100, bytesUp: 10)

  static func reply(_ update: ClientUpdate) -> Reply { Reply(update: update, traffic: traffic) }

  /// A server of 6 clients, τ = 1, with round 2 open; 3 of them take part.
  static func open() throws -> (server: FederationServer, participants: [Int]) {
    let settings = try Example.settings(clients: 6, participation: 3, localSteps: 1, limit: 5)
    var server = Example.server(settings, round: 2)
    let participants = server.beginRound().map(\.client)
    return (server, participants)
  }

  @Test(
    "participants differ from one another, are drawn evenly, and depend on seed and round alone")
  func sampling() throws {
    let settings = try Example.settings(clients: 20, participation: 0.25)
    let server = FederationServer(settings: settings)
    var counts = [Int](repeating: 0, count: 20)
    for round in 0..<4000 {
      let participants = server.participants(of: round)
      #expect(Set(participants).count == 5 && participants == participants.sorted())
      for client in participants { counts[client] += 1 }
    }
    // 19 degrees of freedom: above 55 with probability 2·10⁻⁵.
    #expect(counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 } < 55)

    let later = Example.server(settings, round: 17)
    #expect(later.participants(of: 9) == server.participants(of: 9))
    let other = FederationServer(
      settings: try Example.settings(clients: 20, participation: 0.25, seed: 2))
    #expect((0..<9).map(other.participants) != (0..<9).map(server.participants))
  }

  @Test("a plan carries the coefficients of the server, rounded to Float, to each participant")
  func plans() throws {
    let settings = try Example.settings(clients: 3, localSteps: 7)
    var coefficients = Coefficients(candidateCount: 16)
    try coefficients.add(1.0 / 3, to: 5)
    var server = Example.server(settings, round: 4, coefficients: coefficients)
    let plans = server.beginRound()
    #expect(
      plans
        == (0..<3).map {
          RoundPlan(
            settings: Example.digest, round: 4, client: $0, localSteps: 7,
            coefficients: coefficients.rounded)
        })
    #expect(server.beginRound() == plans)
  }

  @Test("a round ends when all have answered, in any order, and tells about every participant")
  func record() throws {
    var (server, participants) = try Self.open()
    for client in participants.reversed() {
      #expect(throws: FederationError.self) { try server.finishRound() }
      try server.receive(
        Self.reply(Example.update(client: client, round: 2, examples: 25, steps: [(client, 3)])))
    }
    let record = try server.finishRound()
    #expect(record.round == 2 && server.round == 3)
    #expect(record.participants.map(\.client) == participants)
    #expect(record.participants.allSatisfy { $0.weight == 1.0 / 3 && $0.traffic == Self.traffic })
    #expect(record.traffic == Traffic(bytesDown: 300, bytesUp: 30) && record.meanLoss == 1)
    #expect(participants.allSatisfy { server.coefficients.values[$0] == 3 * (1.0 / 3) })
  }

  @Test("a round may end with those who have answered, if they are enough")
  func quorum() throws {
    var (server, participants) = try Self.open()
    for client in participants.dropFirst() {
      #expect(throws: FederationError.self) { try server.finishRound(quorum: 2) }
      try server.receive(
        Self.reply(Example.update(client: client, round: 2, examples: 25, steps: [(client, 3)])))
    }
    #expect(throws: FederationError.self) { try server.finishRound() }
    let record = try server.finishRound(quorum: 2)
    #expect(record.participants.map(\.client) == Array(participants.dropFirst()))
    #expect(record.participants.allSatisfy { $0.weight == 0.5 } && server.round == 3)
    let late = Self.reply(Example.update(client: participants[0], round: 2, steps: [(0, 1)]))
    #expect(throws: FederationError.noRoundOpen(client: participants[0])) {
      try server.receive(late)
    }
    _ = server.beginRound()
    #expect(throws: FederationError.self) { try server.finishRound(quorum: 0) }
  }

  @Test("a saved state has what it had before there were others to save, and comes back")
  func state() throws {
    let old = #"""
      {"coefficients":[0.5,-1],"round":3,"significance":{"counts":[1,0],"magnitudes":[2,0]},
       "velocity":[0.25,0]}
      """#
    let state = try JSONDecoder().decode(ServerState.self, from: Data(old.utf8))
    #expect(state.round == 3 && state.model.coefficients.values == [0.5, -1])
    #expect(state.model.velocity?.values == [0.25, 0] && state.significance?.counts == [1, 0])
    #expect(state.model.remainder == nil && state.model.secondMoment == nil)
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(state))
    let keys = try #require(object as? [String: Any]).keys
    #expect(keys.sorted() == ["coefficients", "round", "significance", "velocity"])
  }

  static let refusals: [(reason: String, update: @Sendable (Int, Int) -> ClientUpdate)] = [
    ("has no part in round 2", { Example.update(client: $1, round: 2, steps: [(0, 1)]) }),
    (
      "round is 1 in the message, but must be 2",
      { client, _ in
        Example.update(client: client, round: 1, steps: [(0, 1)])
      }
    ),
    (
      "settings digest is",
      { client, _ in
        Example.update(
          client: client, round: 2, digest: SettingsDigest(of: [:]), steps: [(0, 1)])
      }
    ),
    (
      "candidate count is 32",
      { client, _ in
        Example.update(client: client, round: 2, candidates: 32, steps: [(0, 1)])
      }
    ),
    (
      "number of directions is 2 in the message, but must be 1",
      { client, _ in
        Example.update(client: client, round: 2, steps: [(0, 1), (0, 1)])
      }
    ),
    (
      "number of directions is 2",
      { client, _ in
        Example.update(client: client, round: 2, skipped: 1, steps: [(0, 1)])
      }
    ),
    (
      "presence of increments of all candidates is true in the message, but must be false",
      { client, _ in
        Example.update(
          client: client, round: 2, all: [Float](repeating: 1, count: 16), steps: 1)
      }
    ),
    (
      "step 0: found nan",
      { client, _ in
        Example.update(client: client, round: 2, steps: [(0, .nan)])
      }
    ),
    (
      "step 0: found 5.5, expected a number of magnitude up to 5.0",
      { client, _ in
        Example.update(client: client, round: 2, steps: [(0, 5.5)])
      }
    ),
  ]

  @Test(
    "an update that is no answer to the plan is refused and ignored", arguments: refusals.indices)
  func refuses(index: Int) throws {
    var (server, participants) = try Self.open()
    let outsider = try #require((0..<6).first { !participants.contains($0) })
    let (reason, update) = Self.refusals[index]
    let error = #expect(throws: FederationError.self) {
      try server.receive(Self.reply(update(participants[1], outsider)))
    }
    #expect(error?.description.contains(reason) == true)
    let missing = #expect(throws: FederationError.self) { try server.finishRound() }
    #expect(missing == .missingUpdates(round: 2, clients: participants))
  }

  @Test("nobody answers twice, or before a round is open, or after it is finished")
  func timing() throws {
    var (server, participants) = try Self.open()
    let replies = participants.map {
      Self.reply(Example.update(client: $0, round: 2, steps: [(0, 1)]))
    }
    try server.receive(replies[0])
    #expect(throws: FederationError.alreadyReported(client: participants[0], round: 2)) {
      try server.receive(replies[0])
    }
    try server.receive(replies[1])
    try server.receive(replies[2])
    _ = try server.finishRound()
    #expect(throws: FederationError.noRoundOpen(client: participants[0])) {
      try server.receive(replies[0])
    }
  }
}
