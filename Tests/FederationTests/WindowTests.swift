import Federation
import SeedBasis
import SeedDescent
import Settings
import Testing

@Suite("Federations whose rounds move a window")
struct WindowTests {
  static func settings(
    precision: CoefficientPrecision = .integer16, optimizer: ServerOptimizer = .mean,
    participation: Double = 2
  ) throws -> FederationSettings {
    try FederationSettings(
      clientCount: 3, participation: Participation(participation), candidateCount: 16,
      localSteps: 5, optimizer: optimizer, precision: precision, admitsAll: true, windowSize: 4,
      seed: 1, digest: Example.digest)
  }

  /// Clients that descend along exact slopes.
  static func clients(_ settings: FederationSettings) throws -> [QuadraticClient] {
    var tuner = LocalTuner(
      estimator: .backprop, twoPoint: try TwoPointEstimator(epsilon: 1),
      learningRate: try LearningRate(constant: 0.1))
    tuner.optimizer = .sgd
    return Example.clients(settings, tuner: tuner)
  }

  @Test("in each pass every window has one turn, and the order of passes differs")
  func order() throws {
    let settings = try Self.settings()
    let passes = (0..<6).map { pass in (0..<4).map { settings.window(of: 4 * pass + $0) } }
    for pass in passes {
      #expect(pass.map(\.lowerBound).sorted() == [0, 4, 8, 12])
      #expect(pass.allSatisfy { $0.count == 4 })
    }
    #expect(Set(passes).count > 1)
  }

  @Test("all clients have the server's model in every round, whatever they missed")
  func models() throws {
    let settings = try Self.settings()
    var server = FederationServer(settings: settings)
    var clients = try Self.clients(settings)
    for round in 0..<24 {
      let plans = server.beginRound()
      for plan in plans {
        let received = try RoundPlan(decoding: plan.encoded())
        #expect(received == plan)
        let model = try received.model(knowing: clients[plan.client].known)
        #expect(model == server.coefficients.rounded, "client \(plan.client) in round \(round)")
        let update = try clients[plan.client].train(received)
        #expect(try ClientUpdate(decoding: update.encoded()) == update)
        try server.receive(Reply(update: update, traffic: Traffic(bytesDown: 0, bytesUp: 0)))
      }
      let before = server.coefficients.values
      _ = try server.finishRound()
      let moved = (0..<16).filter { server.coefficients.values[$0] != before[$0] }
      #expect(moved.allSatisfy(settings.window(of: round).contains) && !moved.isEmpty)
    }
  }

  @Test("they come to the weighted optimum", arguments: CoefficientPrecision.allCases)
  func converges(precision: CoefficientPrecision) throws {
    let settings = try Self.settings(precision: precision, participation: 1)
    let (server, _) = try AllCandidatesTests.run(settings, Self.clients(settings), rounds: 160)
    for candidate in 0..<16 {
      let optimum = (0..<3).reduce(0.0) {
        $0 + Double($1 + 1) / 6 * Example.target(client: $1)[candidate]
      }
      // A turn shrinks the error by 0.9⁵ = 0.59, 40 turns by 10⁻⁹; roundings as for all candidates.
      let tolerance = precision == .binary32 ? 1e-4 : 3.0 / 16_383 / (1 - 0.59) + 4.0 / 32_767
      #expect(abs(server.coefficients.values[candidate] - optimum) < tolerance)
    }
  }

  @Test("the record adds up to the model again, with momentum and Adam too")
  func replay() throws {
    let rules: [ServerOptimizer] = [
      .mean, .momentum(beta: 0.5), .adam(learningRate: 0.1, tau: 1e-3),
    ]
    for rule in rules {
      let settings = try Self.settings(optimizer: rule)
      let (server, records) = try AllCandidatesTests.run(
        settings, Self.clients(settings), rounds: 12)
      var model = GlobalModel(coefficients: Coefficients(candidateCount: 16))
      for record in records {
        let aggregator = Aggregator(
          optimizer: rule, precision: .integer16, window: settings.window(of: record.round))
        try aggregator.merge(record.updates, into: &model)
      }
      #expect(model == server.state.model)
    }
  }

  @Test("a round sends the windows that moved since the client's last, and one back")
  func bytes() throws {
    let settings = try Self.settings(participation: 1)
    let (_, records) = try AllCandidatesTests.run(settings, Self.clients(settings), rounds: 3)
    let traffic = records.map { $0.participants.map(\.traffic) }
    // Frame 60, steps 4, list 12, then for each window its number, a scale and 4 integers.
    #expect(traffic[0].allSatisfy { $0.bytesDown == 76 })
    #expect(traffic[1...].allSatisfy { $0.allSatisfy { $0.bytesDown == 76 + 4 + 4 + 8 } })
    // Frame 60, counts 16, the window 8, a scale and 4 integers.
    #expect(traffic.allSatisfy { $0.allSatisfy { $0.bytesUp == 84 + 4 + 8 } })
  }

  @Test("whoever missed so many rounds that all windows moved is sent each of them once")
  func missed() throws {
    let settings = try Self.settings()
    for (known, round) in [(nil, 4), (0, 4), (nil, 1000), (3, 1000)] {
      let windows = try #require(settings.sentWindows(at: round, known: known))
      #expect(windows.numbers == [0, 1, 2, 3] && windows.since == known ?? 0)
    }
    #expect(settings.sentWindows(at: 0, known: nil)?.numbers == [])
    let one = settings.window(of: 7).lowerBound / 4
    #expect(settings.sentWindows(at: 8, known: 7)?.numbers == [one])
  }

  @Test("a client that knows another round refuses what has changed since, until it is forgotten")
  func lost() throws {
    let settings = try Self.settings(participation: 1)
    var server = FederationServer(settings: settings)
    var transport = InProcessTransport(clients: try Self.clients(settings))
    for _ in 0..<2 { _ = try server.runRound(over: &transport) }
    transport.clients[1].known = nil
    #expect(throws: FederationError.self) { try server.runRound(over: &transport) }
    server.forget(client: 1)
    let record = try server.runRound(over: &transport)
    let down = record.participants.map(\.traffic.bytesDown)
    #expect(down[1] > down[0] && down[0] == down[2])
  }

  @Test("updates of another window, of all candidates or of pairs are refused")
  func refusals() throws {
    let settings = try Self.settings(participation: 1)
    var server = FederationServer(settings: settings)
    _ = server.beginRound()
    let window = settings.window(of: 0)
    let other = settings.window(of: 1)
    let numbers = SentCoefficients.integer16(ScaledIntegers(nearest: [1, 2, 3, 4]))
    let wide = SentCoefficients.integer16(ScaledIntegers(nearest: (0..<16).map(Double.init)))
    let contents: [ClientUpdate.Content] = [
      .all(numbers, stepCount: 5, window: other), .all(wide, stepCount: 5),
      .all(.binary32([1, 2, 3, 4]), stepCount: 5, window: window),
      .pairs([StepRecord](repeating: StepRecord(candidate: 1, increment: 1), count: 5)),
    ]
    for content in contents {
      #expect(throws: FederationError.self) { try server.receive(Self.reply(content)) }
    }
    try server.receive(Self.reply(.all(numbers, stepCount: 5, window: window)))
  }

  static func reply(_ content: ClientUpdate.Content) -> Reply {
    let update = ClientUpdate(
      settings: Example.digest, round: 0, client: 0, candidateCount: 16, exampleCount: 10,
      skippedCount: 0, meanLoss: 1, content: content)
    return Reply(update: update, traffic: Traffic(bytesDown: 0, bytesUp: 0))
  }

  @Test("damaged lists of windows are refused by name")
  func hostile() throws {
    let plan = RoundPlan(
      settings: Example.digest, round: 3, client: 0, localSteps: 5,
      coefficients: [Float](repeating: 1, count: 8), precision: .integer16, candidateCount: 16,
      windows: SentWindows(size: 4, since: 1, numbers: [0, 2])
    ).encoded()
    #expect(throws: Never.self) { try RoundPlan(decoding: plan) }
    // The list begins at byte 56.
    let places = [
      (56, UInt8(5), "window size"), (64, 9, "number of windows"), (68, 9, "window 0"),
      (72, 0, "window 1"), (64, 1, "coefficients"),
    ]
    for (offset, byte, field) in places {
      let error = #expect(throws: MessageError.self) {
        try RoundPlan(decoding: HostileMessageTests.forged(plan, at: offset, [byte]))
      }
      #expect(error?.field == field)
    }
  }

  @Test("W must divide K, and steps move all candidates")
  func settingsRefused() {
    for (size, admitsAll) in [(3, true), (0, true), (32, true), (4, false)] {
      let error = #expect(throws: SettingsError.self) {
        try FederationSettings(
          clientCount: 3, candidateCount: 16, localSteps: 5, admitsAll: admitsAll,
          windowSize: size, seed: 1, digest: Example.digest)
      }
      #expect(error?.key == .window)
    }
  }
}
