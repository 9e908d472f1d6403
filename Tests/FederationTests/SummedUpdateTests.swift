import Federation
import SeedBasis
import SeedDescent
import Settings
import Testing

@Suite("Sums of private updates")
struct SummedUpdateTests {
  private func settings(
    _ placement: PrivacyRule.Placement = .central, noise: Double = 1, window: Int? = nil
  ) throws -> FederationSettings {
    try FederationSettings(
      clientCount: 4, participation: .all, candidateCount: 16, localSteps: 5,
      precision: .integer16, admitsAll: true, windowSize: window, seed: 1,
      privacy: PrivacyRule(placement, clip: 0.5, noiseMultiplier: noise), digest: Example.digest)
  }

  /// The replies of all clients, and their sum as a carrier makes it.
  private func replies(
    _ settings: FederationSettings, of count: Int = 4
  ) throws -> (single: [Reply], sum: Reply) {
    let tuner = LocalTuner(
      estimator: .backprop, twoPoint: try TwoPointEstimator(epsilon: 1 / 256),
      learningRate: try LearningRate(constant: 0.05))
    var server = FederationServer(settings: settings)
    var transport = InProcessTransport(clients: Example.clients(settings, tuner: tuner))
    let single = try transport.exchange(server.beginRound().prefix(count).map { $0 })
    var sum = [Double](repeating: 0, count: 16)
    for reply in single {
      for record in reply.update.update.records {
        sum[record.candidate] += Double(record.increment)
      }
    }
    let update = ClientUpdate(
      settings: Example.digest, round: 0, client: single[0].update.client, candidateCount: 16,
      exampleCount: count, skippedCount: 0, meanLoss: nil,
      content: .all(.binary32(sum.map { Float($0) }), stepCount: 5))
    let others = single.dropFirst().map(\.update.client)
    return (single, Reply(update: update, traffic: single[0].traffic, others: others))
  }

  @Test(
    "a server that sees the sum only comes to the bits of one that sees all", arguments: [0, 1.0])
  func equality(noise: Double) throws {
    let settings = try settings(noise: noise)
    let (single, sum) = try replies(settings)
    var (one, other) = (
      FederationServer(settings: settings), FederationServer(settings: settings)
    )
    _ = (one.beginRound(), other.beginRound())
    for reply in single { try one.receive(reply) }
    try other.receive(sum)
    _ = try one.finishRound()
    let record = try other.finishRound()
    #expect(one.state == other.state && one.round == 1)
    #expect(record.participants.map(\.weight) == [1] && record.updates.count == 1)
  }

  @Test("those who are not in the sum are missing, or may answer by themselves")
  func missing() throws {
    let settings = try settings()
    let (single, all) = try replies(settings)
    let (_, sum) = try replies(settings, of: 3)
    var server = FederationServer(settings: settings)
    _ = server.beginRound()
    try server.receive(sum)
    #expect(throws: FederationError.self) { try server.finishRound() }
    #expect(throws: FederationError.self) { try server.finishRound(quorum: 4) }
    #expect(throws: FederationError.self) { try server.receive(single[1]) }
    var other = server
    _ = try server.finishRound(quorum: 3)
    try other.receive(single[3])
    _ = try other.finishRound()
    var whole = FederationServer(settings: settings)
    _ = whole.beginRound()
    try whole.receive(all)
    _ = try whole.finishRound()
    #expect(whole.state == other.state && whole.state != server.state)
  }

  @Test("a sum that cannot be one is refused")
  func refusals() throws {
    let settings = try settings()
    let (single, sum) = try replies(settings)
    func isRefused(_ reply: Reply, by settings: FederationSettings) -> Bool {
      var server = FederationServer(settings: settings)
      _ = server.beginRound()
      return (try? server.receive(reply)) == nil
    }
    #expect(!isRefused(sum, by: settings))
    // Of local noise the mean is taken, of windows another part; and four are not five.
    #expect(isRefused(sum, by: try self.settings(.local)))
    #expect(isRefused(sum, by: try self.settings(window: 8)))
    let others = sum.clients.dropFirst()
    #expect(isRefused(Reply(update: sum.update, traffic: sum.traffic), by: settings))
    #expect(
      isRefused(
        Reply(update: sum.update, traffic: sum.traffic, others: others + [9]), by: settings))
    #expect(
      isRefused(
        Reply(update: single[0].update, traffic: sum.traffic, others: Array(others)), by: settings))
  }
}
