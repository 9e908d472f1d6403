import Federation
import SeedBasis
import Settings
import Testing
import SeedDescent

@Suite("Candidates of a federation")
struct CandidateRuleTests {
  /// The candidates of every update of a run, by round and client.
  static func candidates(
    _ rule: CandidateRule, candidates: Int, rounds: Int
  ) throws -> (candidates: [[Int]], records: [RoundRecord], server: FederationServer) {
    let settings = try FederationSettings(
      clientCount: 5, participation: Participation(0.6), candidateCount: candidates,
      localSteps: 10, directions: 2, candidateRule: rule, seed: 4, digest: Example.digest)
    let tuner = LocalTuner(
      twoPoint: try TwoPointEstimator(epsilon: 1 / 256),
      learningRate: try LearningRate(constant: 0.01), directions: 2)
    let clients = Example.clients(settings, tuner: tuner) {
      Example.target(client: $0, candidates: candidates)
    }
    var server = FederationServer(settings: settings)
    var recorder = SeedSignificanceTests.Recorder(
      transport: InProcessTransport(clients: clients))
    let records = try (0..<rounds).map { _ in try server.runRound(over: &recorder) }
    return (recorder.updates.map { $0.update.records.map(\.candidate) }, records, server)
  }

  @Test("fresh candidates are used once in the whole run, by all clients together")
  func fresh() throws {
    let (candidates, _, _) = try Self.candidates(.fresh, candidates: 240, rounds: 4)
    #expect(candidates.joined().sorted() == Array(0..<240))
  }

  @Test("without replacement a client has no candidate twice in a round, and others in the next")
  func withoutReplacement() throws {
    let (candidates, _, _) = try Self.candidates(.withoutReplacement, candidates: 20, rounds: 3)
    #expect(candidates.allSatisfy { $0.sorted() == Array(0..<20) })
    #expect(Set(candidates).count == candidates.count)
    #expect(throws: SettingsError.self) {
      try Self.candidates(.withoutReplacement, candidates: 19, rounds: 1)
    }
  }

  @Test(
    "an update with a candidate twice, or another's, is refused where the rule forbids it",
    arguments: [
      (.withReplacement, [3, 3, 39], nil), (.withoutReplacement, [3, 4, 39], nil),
      (.withoutReplacement, [3, 4, 3], "different candidates is 2 in the message, but must be 3"),
      (.fresh, [3, 4, 9], nil), (.fresh, [3, 4, 3], "different candidates is 2"),
      (.fresh, [3, 12], "candidate is 12 in the message, but must be one of 0..<10"),
    ] as [(CandidateRule, [Int], String?)])
  func refused(_ rule: CandidateRule, _ candidates: [Int], reason: String?) throws {
    let settings = try FederationSettings(
      clientCount: 2, participation: Participation(1), candidateCount: 40, localSteps: 10,
      candidateRule: rule, seed: 4, digest: Example.digest)
    let update = ClientUpdate(
      settings: Example.digest, round: 0, client: 0, candidateCount: 40, exampleCount: 1,
      skippedCount: 10 - candidates.count, meanLoss: 1,
      steps: candidates.map { StepRecord(candidate: $0, increment: 1) })
    var server = FederationServer(settings: settings)
    _ = server.beginRound()
    var found: String?
    do throws(FederationError) {
      try server.receive(Reply(update: update, traffic: Traffic(bytesDown: 0, bytesUp: 0)))
    } catch { found = "\(error)" }
    #expect(reason.map { found?.contains($0) ?? false } ?? (found == nil), "\(found ?? "nothing")")
  }
}
