import Bytes
import Federation
import Foundation
import Service
import Testing

@Suite("A client on a socket")
struct SocketTests {
  /// A client that is served on a socket in a folder of its own.
  private final class Served: Sendable {
    let folder: TemporaryFolder
    let monitor = WorkMonitor()
    private let ended = DispatchSemaphore(value: 0)
    var path: String { folder.path + "/s" }

    init(onStep: @escaping @Sendable () -> Void = {}) throws {
      folder = try TemporaryFolder()
      let service = try Fake.service(
        try Fake.settings(), in: folder.path + "/state", monitor: monitor, onStep: onStep)
      let server = try SocketServer(service, monitor: monitor, path: folder.path + "/s")
      let ended = ended
      Thread {
        server.run()
        ended.signal()
      }.start()
    }

    func end() {
      monitor.end()
      ended.wait()
    }
  }

  /// A peer that sends lines and reads the answers.
  private final class Peer {
    let descriptor: Int32
    let channel: LineChannel

    init(_ path: String) throws {
      descriptor = try UnixSocket.connect(to: path)
      channel = LineChannel(reading: descriptor, writing: descriptor, limit: 1 << 20)
    }

    deinit { close(descriptor) }

    func ask(_ request: ClientRequest) throws -> JSON {
      try channel.write(request.json)
      return try answer()
    }

    /// The next answer; no JSON if there is none within a minute.
    func answer() throws -> JSON {
      let end = ContinuousClock.now + .seconds(60)
      return try JSON.parse((channel.readLine { ContinuousClock.now > end } ?? [])[...])
    }
  }

  @Test("is its owner's alone, and serves one connection after the other")
  func connections() throws {
    let served = try Served()
    let mode = try FileManager.default.attributesOfItem(atPath: served.path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    for _ in 0..<40 {
      #expect(try Peer(served.path).ask(.hello(run: nil))["client"]?.integer == 0)
    }
    let peer = try Peer(served.path)
    #expect(try peer.ask(.status)["op"]?.string == "status")
    #expect(try peer.ask(.shutdown)["op"]?.string == "shutdown")
    served.end()
    #expect(throws: FileError.self) { try Peer(served.path) }
  }

  @Test("answers others and is cancelled while it works")
  func meanwhile() throws {
    let (reached, free) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let served = try Served {
      reached.signal()
      free.wait()
    }
    defer { served.end() }
    var server = FederationServer(settings: try Fake.settings())
    let (working, other) = (try Peer(served.path), try Peer(served.path))
    try working.channel.write(Fake.train(server.beginRound()[0]).json)
    reached.wait()
    let status = try other.ask(.status)
    #expect(status["work"]?.string == "train" && status["message"]?.string == "m1")
    #expect(try other.ask(.cancel(message: nil))["cancelled"]?.bool == true)
    free.signal()
    #expect(try working.answer().code == "cancelled")
    #expect(try working.ask(.status)["work"] == .null)
  }

  @Test("a line without end ends its connection, and no other")
  func endless() throws {
    let served = try Served()
    defer { served.end() }
    let (peer, other) = (try Peer(served.path), try Peer(served.path))
    try peer.channel.write(.string(String(repeating: "x", count: 200_000)))
    #expect(try peer.answer().errorText.contains("bytes"))
    #expect(try peer.channel.readLine() == nil)
    #expect(try other.ask(.status)["op"]?.string == "status")
  }

  @Test("there are so many connections at once, and no more")
  func tooMany() throws {
    let served = try Served()
    defer { served.end() }
    let peers = try (0..<16).map { _ in try Peer(served.path) }
    for peer in peers { #expect(try peer.ask(.status)["op"]?.string == "status") }
    // Without this the compiler may close them before the next one comes.
    let answer = try withExtendedLifetime(peers) { try Peer(served.path).answer() }
    #expect(answer.code == "busy")
  }

  @Test("takes the place of a socket that was left, of nothing else")
  func places() throws {
    let served = try Served()
    #expect(throws: ServiceError.self) { try UnixSocket(listeningAt: served.path) }
    served.end()
    let folder = try TemporaryFolder()
    try Data().write(to: URL(filePath: folder.path + "/file"))
    #expect(throws: ServiceError.self) { try UnixSocket(listeningAt: folder.path + "/file") }
    #expect(throws: ServiceError.self) {
      try UnixSocket(listeningAt: folder.path + "/" + String(repeating: "n", count: 108))
    }
  }
}
