import Federation
import SeedBasis
import Settings
import Testing
import SeedDescent

@Suite("Candidates of a federation")
struct CandidateRuleTests {
  /// The candidates of every update of a run, by round and client.
  static func candidates(
    _ rule: CandidateRule, candidates: Int, rounds: Int, dense: Int? = nil
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
      transport: InProcessTransport(clients: clients, denseWeightCount: dense))
    let records = try (0..<rounds).map { _ in try server.runRound(over: &recorder) }
    return (recorder.updates.map { $0.steps.map(\.candidate) }, records, server)
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

  @Test("FedZO is counted as whole models each way, whatever its messages carry")
  func denseTraffic() throws {
    let sparse = try Self.candidates(.fresh, candidates: 120, rounds: 2)
    let dense = try Self.candidates(.fresh, candidates: 120, rounds: 2, dense: 1_000_000)
    let traffic = dense.records.flatMap(\.participants).map(\.traffic)
    #expect(traffic.allSatisfy { $0 == Traffic(bytesDown: 4_000_064, bytesUp: 4_000_076) })
    #expect(dense.server.coefficients == sparse.server.coefficients)
  }
}
