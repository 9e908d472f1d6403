import Bytes
import Federation
import Foundation
import Service
import Testing

@Suite("A client behind requests")
struct ClientServiceTests {
  @Test("hello tells who the client is and, of a run, what it knows")
  func hello() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    let service = try Fake.service(settings, client: 1, in: folder.path)
    let reply = service.reply(to: Fake.line(.hello(run: nil)))
    #expect(reply["protocol"]?.integer == 1 && reply["op"]?.string == "hello")
    #expect(reply["client"]?.integer == 1 && reply["examples"]?.integer == 11)
    #expect(reply["settings"]?["lr"]?.string == "0.01" && reply["run"] == nil)
    let known = service.reply(to: Fake.line(.hello(run: "r1")))
    #expect(known["run"]?.string == "r1" && known["last_round"] == .null)
    var server = FederationServer(settings: settings)
    _ = service.reply(to: Fake.line(Fake.train(server.beginRound()[1])))
    #expect(service.reply(to: Fake.line(.hello(run: "r1")))["last_round"]?.integer == 0)
  }

  @Test(
    "rounds over requests to clients that are killed in between make the model of one process",
    arguments: [
      (false, nil, CoefficientPrecision.binary32), (true, nil, .integer16), (true, 4, .integer16),
    ])
  func rounds(admitsAll: Bool, window: Int?, precision: CoefficientPrecision) throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings(admitsAll: admitsAll, window: window, precision: precision)
    var (one, other) = (
      FederationServer(settings: settings), FederationServer(settings: settings)
    )
    var transport = InProcessTransport(
      clients: try (0..<3).map {
        try FakeClient(id: $0, settings: settings, monitor: WorkMonitor())
      })
    for round in 0..<6 {
      _ = try one.runRound(over: &transport)
      for plan in other.beginRound().reversed() {
        let service = try Fake.service(
          settings, client: plan.client, in: "\(folder.path)/\(plan.client)")
        let reply = service.reply(to: Fake.line(Fake.train(plan, message: "m\(round)")))
        let update = try reply.update()
        try other.receive(Reply(update: update, traffic: Traffic(bytesDown: 0, bytesUp: 0)))
      }
      _ = try other.finishRound()
      #expect(one.state == other.state, "round \(round)")
    }
  }

  @Test("a message that comes again has the same reply, also after a kill")
  func repetition() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    var server = FederationServer(settings: settings)
    let line = Fake.line(Fake.train(server.beginRound()[0]))
    let first = try Fake.service(settings, in: folder.path).reply(to: line)
    #expect(first["update"] != nil)
    let service = try Fake.service(settings, in: folder.path)
    #expect(service.reply(to: line) == first && service.reply(to: line) == first)
    // By the same plan in another message, as of a server that was started again.
    let again = service.reply(to: Fake.line(Fake.train(server.beginRound()[0], message: "m2")))
    #expect(again["update"] == first["update"] && again["message"]?.string == "m2")
  }

  @Test("a round that was cancelled leaves no trace")
  func cancelled() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    var server = FederationServer(settings: settings)
    let line = Fake.line(Fake.train(server.beginRound()[0]))
    let monitor = WorkMonitor()
    do {
      let (reached, free) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let service = try Fake.service(settings, in: folder.path, monitor: monitor) {
        reached.signal()
        free.wait()
      }
      let cancelling = Thread {
        reached.wait()
        #expect(service.reply(to: Fake.line(.status))["work"]?.string == "train")
        let others = service.reply(to: Fake.line(.cancel(message: "other")))
        #expect(others["cancelled"]?.bool == false)
        #expect(service.reply(to: Fake.line(.cancel(message: "m1")))["cancelled"]?.bool == true)
        free.signal()
      }
      cancelling.start()
      #expect(service.reply(to: line).code == "cancelled")
      #expect(service.reply(to: Fake.line(.status))["work"] == .null)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["client.json"])
    let fresh = try TemporaryFolder()
    let expected = try Fake.service(settings, in: fresh.path).reply(to: line)
    #expect(try Fake.service(settings, in: folder.path).reply(to: line) == expected)
  }

  @Test("an evaluation under way ends too")
  func cancelledEvaluation() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    let (reached, free) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let service = try Fake.service(settings, in: folder.path) {
      reached.signal()
      free.wait()
    }
    let cancelling = Thread {
      reached.wait()
      #expect(service.reply(to: Fake.line(.status))["work"]?.string == "evaluate")
      #expect(service.reply(to: Fake.line(.cancel(message: nil)))["cancelled"]?.bool == true)
      free.signal()
    }
    cancelling.start()
    let plan = FederationServer(settings: settings).plans(for: [0])[0]
    let work = ClientRequest.Assignment(run: "r1", round: 0, message: "m1", plan: plan.encoded())
    #expect(service.reply(to: Fake.line(.evaluate(work))).code == "cancelled")
    free.signal()
    #expect(service.reply(to: Fake.line(.evaluate(work)))["loss"]?.double != nil)
  }

  @Test("a round that is asked for with another plan begins where it began")
  func askedAgain() throws {
    let settings = try Fake.settings(localSteps: 5)
    let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
    var server = FederationServer(settings: settings)
    let first = server.beginRound()[0]
    let moved = RoundPlan(
      settings: settings.digest, round: 0, client: 0, localSteps: 5,
      coefficients: [Float](repeating: 0.5, count: 16))
    let service = try Fake.service(settings, in: folder.path)
    _ = service.reply(to: Fake.line(Fake.train(first)))
    let again = service.reply(to: Fake.line(Fake.train(moved, message: "m2")))
    let fresh = try Fake.service(settings, in: other.path)
    #expect(try again.update() == fresh.reply(to: Fake.line(Fake.train(moved))).update())
  }

  @Test("what does not belong is refused by name, and changes nothing")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    let service = try Fake.service(settings, in: folder.path)
    let digest = settings.digest
    func plan(
      round: Int = 1, client: Int = 0, steps: Int = 20, count: Int = 16
    ) -> RoundPlan {
      RoundPlan(
        settings: digest, round: round, client: client, localSteps: steps,
        coefficients: [Float](repeating: 0, count: count))
    }
    func reply(_ plan: RoundPlan, _ message: String) -> JSON {
      service.reply(to: Fake.line(Fake.train(plan, message: message)))
    }
    let good = reply(plan(), "m1")
    #expect(good["update"] != nil)
    let trials: [(RoundPlan, String, String, String)] = [
      (plan(round: 0), "m2", "stale", "round 0 is over"),
      (plan(round: 2), "m1", "refused", "the message 'm1' had another plan"),
      (plan(round: 2, client: 1), "m2", "refused", "client is 1"),
      (plan(round: 2, steps: 3), "m2", "refused", "number of steps is 3"),
      (plan(round: 2, count: 8), "m2", "refused", "candidate count is 8"),
    ]
    for (plan, message, code, text) in trials {
      let reply = reply(plan, message)
      #expect(reply.code == code && reply.errorText.contains(text), "\(reply)")
    }
    #expect(reply(plan(), "m1") == good)
    let otherRound = ClientRequest.Assignment(
      run: "r1", round: 7, message: "m3", plan: plan(round: 2).encoded())
    #expect(service.reply(to: Fake.line(.train(otherRound))).errorText.contains("7 in the request"))
  }

  @Test("the state of another client, or in use, or damaged is not taken")
  func states() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    do {
      let service = try Fake.service(settings, in: folder.path)
      var server = FederationServer(settings: settings)
      _ = service.reply(to: Fake.line(Fake.train(server.beginRound()[0])))
      #expect(throws: ServiceError.self) { try Fake.service(settings, in: folder.path) }
    }
    #expect(throws: ServiceError.self) { try Fake.service(settings, client: 1, in: folder.path) }
    let service = try Fake.service(settings, in: folder.path)
    try Data("{".utf8).write(to: URL(filePath: folder.path + "/run-r1.json"))
    let reply = service.reply(to: Fake.line(.hello(run: "r1")))
    #expect(reply.code == "failed" && reply.errorText.contains("run-r1.json"))
  }

  @Test("no changed byte of a client's state is taken for its state")
  func flips() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    let service = try Fake.service(settings, in: folder.path)
    var server = FederationServer(settings: settings)
    _ = service.reply(to: Fake.line(Fake.train(server.beginRound()[0])))
    let file = URL(filePath: folder.path + "/run-r1.json")
    let intact = try Data(contentsOf: file)
    for place in intact.indices {
      var damaged = intact
      damaged[place] ^= 1
      try damaged.write(to: file)
      #expect(service.reply(to: Fake.line(.hello(run: "r1"))).code == "failed", "byte \(place)")
    }
  }

  @Test("a client whose name is gone does not take the runs of another, and a new one begins again")
  func lostOwner() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings()
    let file = folder.path + "/client.json"
    try Data("{\"cli".utf8).write(to: URL(filePath: file))
    do {
      let service = try Fake.service(settings, in: folder.path)
      var server = FederationServer(settings: settings)
      _ = service.reply(to: Fake.line(Fake.train(server.beginRound()[0])))
    }
    try FileManager.default.removeItem(atPath: file)
    let error = #expect(throws: ServiceError.self) {
      try Fake.service(settings, in: folder.path)
    }
    #expect(error?.text.contains("client.json") == true)
  }

  @Test("the state of many runs does not grow without end")
  func runs() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings(localSteps: 1)
    let service = try Fake.service(settings, in: folder.path)
    var server = FederationServer(settings: settings)
    let plan = server.beginRound()[0]
    for run in 0..<20 {
      #expect(
        service.reply(to: Fake.line(Fake.train(plan, run: "r\(run)")))["update"] != nil)
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count == 17 && files.contains("run-r19.json"))
  }

  @Test("losses are added up by their examples")
  func losses() throws {
    let losses = [
      HeldOutLoss(examples: 1, loss: 2, tokens: 10, lossPerToken: 1),
      HeldOutLoss(examples: 3, loss: 4, tokens: 30, lossPerToken: 3),
      HeldOutLoss(examples: 0, loss: 0, tokens: 0, lossPerToken: 0),
    ]
    #expect(
      HeldOutLoss.mean(of: losses)
        == HeldOutLoss(examples: 4, loss: 3.5, tokens: 40, lossPerToken: 2.5))
    #expect(HeldOutLoss.mean(of: []).loss == 0)
  }

  @Test("who disagrees is told the field")
  func disagreement() {
    let ours = Fake.federation
    #expect(ours.disagreement(with: ours) == nil)
    var other = ours
    other.probe = "q"
    #expect(ours.disagreement(with: other) == "probe is q, but must be p")
    other = ours
    other.settings["lr"] = "0.02"
    #expect(ours.disagreement(with: other) == "the setting 'lr' is 0.02, but must be 0.01")
    other = ours
    other.digest = "e"
    #expect(ours.disagreement(with: other) == "digest is e, but must be d")
  }
}
