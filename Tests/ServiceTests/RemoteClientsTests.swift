import Bytes
import Federation
import Foundation
import Service
import Testing

@Suite("Clients that are elsewhere")
struct RemoteClientsTests {
  /// Carries to services in the same process, last node first; what it brings back can be spoiled.
  private struct FakeCarrier: RequestCarrier {
    var services: [String: ClientService<FakeClient>]
    var spoil: @Sendable (String, ClientRequest, JSON) -> NodeReply.Content = { .reply($2) }
    /// How many nodes answer that are no clients.
    var strangers = 0

    private func reply(_ node: String, _ request: ClientRequest) -> NodeReply? {
      guard let service = services[node] else { return nil }
      let reply = service.reply(to: Fake.line(request))
      return NodeReply(node: node, content: spoil(node, request, reply))
    }

    func broadcast(_ request: ClientRequest) -> [NodeReply] {
      services.keys.sorted(by: >).compactMap { reply($0, request) }
        + (0..<strangers).map { NodeReply(node: "stranger-\($0)", content: .reply(.null)) }
    }

    func carry(
      _ operation: String, _ requests: [(node: String, request: ClientRequest)],
      facts: [String: JSON]
    ) -> [NodeReply] {
      requests.reversed().compactMap { reply($0.node, $0.request) }
    }
  }

  /// What has been noted.
  private final class Notes {
    var texts: [String] = []
  }

  private let folder: TemporaryFolder
  private let settings: FederationSettings
  private let notes = Notes()

  init() throws {
    folder = try TemporaryFolder()
    settings = try Fake.settings()
  }

  private func carrier(clients: [String: Int]) throws -> FakeCarrier {
    FakeCarrier(
      services: try Dictionary(
        uniqueKeysWithValues: clients.map { node, client in
          (node, try Fake.service(settings, client: client, in: "\(folder.path)/\(node)"))
        }))
  }

  private func clients(
    over carrier: FakeCarrier, identity: FederationIdentity = Fake.federation
  ) -> RemoteClients<FakeCarrier> {
    RemoteClients(
      over: carrier, run: "r1", identity: identity, clientCount: 3,
      note: { [notes] in notes.texts.append($0) })
  }

  @Test("rounds have the bits of clients in one process, whatever the order of the answers")
  func rounds() throws {
    let remote = clients(over: try carrier(clients: ["x": 0, "a": 2, "m": 1]))
    #expect(try remote.meet().keys.sorted() == [0, 1, 2] && remote.nodes[2] == "a")
    #expect(try remote.meet().isEmpty)
    var (one, other) = (
      FederationServer(settings: settings), FederationServer(settings: settings)
    )
    var transport = InProcessTransport(
      clients: try (0..<3).map {
        try FakeClient(id: $0, settings: settings, monitor: WorkMonitor())
      })
    for _ in 0..<3 {
      let record = try one.runRound(over: &transport)
      for reply in try remote.exchange(other.beginRound()) { try other.receive(reply) }
      #expect(try other.finishRound() == record)
    }
    #expect(one.state == other.state && notes.texts.isEmpty)
    let losses = try remote.evaluate(other.plans(for: [0, 1, 2]))
    #expect(losses.map(\.examples) == [0, 1, 2])
  }

  @Test("who is not one of the federation is refused by name, once")
  func strangers() throws {
    var carrier = try carrier(clients: ["a": 0, "b": 0, "c": 7, "d": 1, "e": 2])
    carrier.spoil = { node, _, reply in
      node == "d"
        ? .reply(.array([])) : node == "e" ? .failure("lost\n\u{1B}[2J") : .reply(reply)
    }
    let remote = clients(over: carrier)
    for _ in 0..<2 { _ = try remote.meet() }
    #expect(remote.nodes.keys.sorted() == [0])
    #expect(notes.texts.count == 4)
    for text in [
      "is that client already", "numbered from 0 to 2", "expected an object", "lost\\n",
    ] { #expect(notes.texts.contains { $0.contains(text) }, "\(text): \(notes.texts)") }
    var identity = Fake.federation
    identity.base = "other"
    _ = try clients(over: carrier, identity: identity).meet()
    #expect(notes.texts.last?.contains("base is b, but must be other") ?? false)
  }

  @Test("of many strangers twenty are named, and the number of the others")
  func manyStrangers() throws {
    var carrier = try carrier(clients: ["a": 0])
    carrier.strangers = 50
    let remote = clients(over: carrier)
    for _ in 0..<2 { _ = try remote.meet() }
    #expect(remote.nodes == [0: "a"] && notes.texts.count == 21)
    #expect(notes.texts.last == "refused nodes that are not named: 30")
  }

  @Test("an answer that is none is noted and left out, the others count")
  func spoiled() throws {
    // Nobody may answer in the name of another.
    let other = try Self.update(of: 0, settings)
    let spoilt: [(JSON) -> NodeReply.Content] = [
      { _ in .failure("gone") }, { _ in .reply(.null) }, { _ in .reply(JSON(members: [:])) },
      { reply in
        .reply(JSON(members: Self.members(reply).merging(["round": .integer(9)]) { $1 }))
      },
      { reply in
        .reply(JSON(members: Self.members(reply).merging(["update": .string("AAAA")]) { $1 }))
      },
      { reply in .reply(JSON(members: Self.members(reply).merging(["update": other]) { $1 })) },
    ]
    for (index, spoil) in spoilt.enumerated() {
      let folder = try TemporaryFolder()
      let services = try (0..<3).map {
        ("\($0)", try Fake.service(settings, client: $0, in: "\(folder.path)/\($0)"))
      }
      nonisolated(unsafe) let spoil = spoil
      let carrier = FakeCarrier(
        services: Dictionary(uniqueKeysWithValues: services),
        spoil: { node, request, reply in
          request.operation == "train" && node == "1" ? unsafe spoil(reply) : .reply(reply)
        })
      let remote = clients(over: carrier)
      _ = try remote.meet()
      var server = FederationServer(settings: settings)
      let replies = try remote.exchange(server.beginRound())
      #expect(replies.map(\.update.client) == [0, 2])
      #expect(notes.texts.count == index + 1)
    }
  }

  private static func update(of client: Int, _ settings: FederationSettings) throws -> JSON {
    let folder = try TemporaryFolder()
    var server = FederationServer(settings: settings)
    let plan = server.beginRound()[client]
    let service = try Fake.service(settings, client: client, in: folder.path)
    return service.reply(to: Fake.line(Fake.train(plan)))["update"] ?? .null
  }

  @Test("a loss that would spoil the mean is left out")
  func spoiledLosses() throws {
    for loss in ["1e300", "-1", "\"1\"", "null"] {
      var carrier = try carrier(clients: ["\(loss.count)0": 0, "\(loss.count)1": 1])
      let (spoiled, value) = (
        "\(loss.count)1", try JSON.parse(Array(loss.utf8)[...], valueLimit: 1)
      )
      carrier.spoil = { node, request, reply in
        guard request.operation == "evaluate", node == spoiled else { return .reply(reply) }
        return .reply(JSON(members: Self.members(reply).merging(["loss": value]) { $1 }))
      }
      let remote = clients(over: carrier)
      _ = try remote.meet()
      let server = FederationServer(settings: settings)
      #expect(try remote.evaluate(server.plans(for: [0, 1])).map(\.examples) == [0], "\(loss)")
    }
    #expect(notes.texts.count == 4 && notes.texts[0].contains("expected a number from 0 to 1e9"))
  }

  private static func members(_ reply: JSON) -> [String: JSON] {
    Dictionary(
      uniqueKeysWithValues: (reply.object ?? [:]).map { ($0.key.string, $0.value) })
  }

  @Test("over pipes each reply is read by itself")
  func lines() throws {
    let (down, up) = (Pipe(), Pipe())
    let ours = LineChannel(
      reading: up.fileHandleForReading.fileDescriptor,
      writing: down.fileHandleForWriting.fileDescriptor, limit: 1 << 16)
    let theirs = LineChannel(
      reading: down.fileHandleForReading.fileDescriptor,
      writing: up.fileHandleForWriting.fileDescriptor, limit: 1 << 16)
    let deep = String(repeating: "[", count: 1000)
    let replies: [String: JSON] = [
      "a": .string(#"{"protocol":1}"#), "b": .string("{"), "c": .integer(1), "d": .string(deep),
      "e": .string("NaN"),
    ]
    try theirs.write(
      JSON(members: [
        "protocol": .integer(1), "replies": JSON(members: replies),
        "failures": JSON(members: ["f": .string("away")]),
      ]))
    var carrier = LineCarrier(ours, replyLimit: 1000)
    let found = try carrier.broadcast(.hello(run: "r"))
    #expect(found.map(\.node) == ["a", "b", "c", "d", "e", "f"])
    #expect(found[0].content == .reply(JSON(members: ["protocol": .integer(1)])))
    for reply in found.dropFirst() {
      guard case .failure = reply.content else {
        Issue.record("\(reply)")
        continue
      }
    }
    let asked = try JSON.parse((theirs.readLine() ?? [])[...])
    #expect(asked["op"]?.string == "hello" && asked["reply_limit"]?.integer == 1000)
    try theirs.write(JSON(members: ["protocol": .integer(1), "reply": .null]))
    #expect(throws: ServiceError.self) { try carrier.broadcast(.hello(run: nil)) }
    // A node's name is a name: others reach terminals, or take long to compare.
    for node in ["", "a b", "\u{1B}[2J", "e\u{301}", String(repeating: "a", count: 65)] {
      try theirs.write(
        JSON(members: [
          "protocol": .integer(1), "failures": JSON(members: [node: .string("away")]),
        ]))
      let error = #expect(throws: ServiceError.self) { try carrier.broadcast(.hello(run: nil)) }
      #expect(error?.text.contains("failures: node: found") == true && error?.code == .malformed)
    }
    try up.fileHandleForWriting.close()
    #expect(throws: ServiceError.self) { try carrier.broadcast(.hello(run: nil)) }
  }
}
