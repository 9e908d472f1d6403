import Bytes
import Federation
import Foundation
import Service
import Testing

@Suite("A private client behind requests")
struct PrivateClientTests {
  private let settings: FederationSettings

  init() throws {
    settings = try Fake.settings(
      admitsAll: true, precision: .integer16,
      privacy: PrivacyRule(.local, clip: 1, noiseMultiplier: 1))
  }

  private func reply(in folder: String, round: Int = 0, message: String = "m1") throws -> JSON {
    var server = FederationServer(settings: settings)
    if round > 0 {
      server = FederationServer(
        settings: settings, state: ServerState(round: round, model: server.state.model))
    }
    let line = Fake.line(Fake.train(server.beginRound()[0], message: message))
    return try Fake.service(settings, in: folder).reply(to: line)
  }

  @Test("a message that comes again has the same noise, also after a kill and without the answer")
  func repetition() throws {
    let folder = try TemporaryFolder()
    let first = try reply(in: folder.path)["update"]
    #expect(first?.string != nil)
    #expect(try reply(in: folder.path)["update"] == first)
    // Killed before the answer was saved: the round is trained again.
    try FileManager.default.removeItem(atPath: folder.path + "/run-r1.json")
    #expect(try reply(in: folder.path, message: "m2")["update"] == first)
    let other = try TemporaryFolder()
    #expect(try reply(in: other.path)["update"] != first)
  }

  @Test("the secret is drawn once, is its owner's, and is not made anew where it is damaged")
  func secret() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state"
    _ = try reply(in: path)
    let secret = try Data(contentsOf: URL(filePath: path + "/secret"))
    #expect(secret.count == 32)
    for (file, mode) in [path: 0o700, path + "/secret": 0o600] {
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      #expect(attributes[.posixPermissions] as? Int == mode, "\(file)")
    }
    _ = try reply(in: path, round: 1, message: "m2")
    #expect(try Data(contentsOf: URL(filePath: path + "/secret")) == secret)
    try secret.dropLast().write(to: URL(filePath: path + "/secret"))
    #expect(throws: ServiceError.self) { try reply(in: path) }
  }

  @Test("a private client does not tell its loss")
  func evaluation() throws {
    let folder = try TemporaryFolder()
    var server = FederationServer(settings: settings)
    let plan = server.beginRound()[0]
    let work = ClientRequest.Assignment(run: "r1", round: 0, message: "m", plan: plan.encoded())
    let reply = try Fake.service(settings, in: folder.path).reply(to: Fake.line(.evaluate(work)))
    #expect(reply.code == "refused" && reply.errorText.contains("--dp"))
  }
}
