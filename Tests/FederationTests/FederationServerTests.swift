import Federation
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
    var server = FederationServer(settings: settings, round: 2)
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

    let later = FederationServer(settings: settings, round: 17)
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
    var server = FederationServer(settings: settings, coefficients: coefficients, round: 4)
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
