import Bytes
import Foundation
import Service

/// Processes of a federation: clients on sockets, a server, and in place of Flower what carries lines
/// between them.
struct ProcessFederation {
  /// The server has ended without a result.
  struct Ended: Error {}

  /// A client has ended before its time.
  struct Failure: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  private let tool: Tool
  private let options: [String]
  private var clients: [Tool.Running] = []

  /// Starts clients 0, 1, … and waits until they listen.
  init(_ tool: Tool, clients count: Int, _ options: some Sequence<String>) throws {
    self.tool = tool
    self.options = Array(options)
    clients = try (0..<count).map(start)
    try waitForSockets()
  }

  private func start(_ id: Int) throws -> Tool.Running {
    try tool.start(
      ["client", model] + options + [
        "--id", "\(id)", "--state", "state-\(id)", "--socket", "\(id).sock", "--take-share",
        "--threads", "1",
      ])
  }

  private func waitForSockets() throws {
    for (id, client) in clients.enumerated() {
      while !FileManager.default.fileExists(atPath: tool.path("\(id).sock")) {
        guard client.process.isRunning else {
          throw Failure("client \(id) has ended: \(try client.outcome().errors)")
        }
        usleep(20_000)
      }
    }
  }

  /// Kills all clients and starts them again.
  mutating func restartClients() throws {
    end()
    for id in clients.indices {
      try? FileManager.default.removeItem(atPath: tool.path("\(id).sock"))
    }
    clients = try clients.indices.map(start)
    try waitForSockets()
  }

  /// Kills all clients.
  func end() {
    for client in clients {
      kill(client.process.processIdentifier, SIGKILL)
      client.process.waitUntilExit()
    }
  }

  /// What the server last wrote on standard error.
  var serverErrors: String {
    String(decoding: (try? tool.read("server-errors")) ?? Data(), as: UTF8.self)
  }

  /// Runs the server and carries its requests until it ends.
  ///
  /// - Parameter round: A round in which the server is killed before it has had all answers.
  /// - Returns: What it told at its end; nothing if it was killed.
  @discardableResult
  func serve(_ arguments: [String], killedInRound round: Int? = nil) throws -> JSON {
    let server = Process()
    server.executableURL = try Tool.executable
    server.arguments = ["server", model] + options + arguments
    server.currentDirectoryURL = URL(filePath: tool.folder)
    let (input, output) = (Pipe(), Pipe())
    (server.standardInput, server.standardOutput) = (input, output)
    try tool.write("", to: "server-errors")
    server.standardError = try FileHandle(
      forWritingTo: URL(filePath: tool.path("server-errors")))
    try server.run()
    defer { server.waitUntilExit() }
    let channel = LineChannel(
      reading: output.fileHandleForReading.fileDescriptor,
      writing: input.fileHandleForWriting.fileDescriptor, limit: 1 << 24)
    while let line = try channel.readLine() {
      let request = try JSON.parse(line[...])
      if request["op"]?.string == "end" { return request }
      var requests = self.requests(in: request)
      let isLast =
        request["op"]?.string == "train"
        && requests.contains { $0.request["round"]?.integer == round }
      if isLast { requests.removeFirst() }
      let replies = try requests.map {
        ($0.node, JSON.string(try ask(client: $0.node, $0.request)))
      }
      if isLast {
        kill(server.processIdentifier, SIGKILL)
        return .null
      }
      try channel.write(
        JSON(members: [
          "protocol": .integer(1),
          "replies": JSON(members: Dictionary(uniqueKeysWithValues: replies)),
        ]))
    }
    throw Ended()
  }

  /// The requests to the nodes, which are named by the numbers of the clients.
  private func requests(in request: JSON) -> [(node: String, request: JSON)] {
    if let all = request["request"] { return clients.indices.map { ("\($0)", all) } }
    return (request["requests"]?.object ?? [:]).map { ($0.key.string, $0.value) }
      .sorted { $0.0 < $1.0 }
  }

  /// Sends one line to a client's socket and returns the answer.
  private func ask(client: String, _ request: JSON) throws -> String {
    let descriptor = try UnixSocket.connect(to: tool.path("\(client).sock"))
    defer { close(descriptor) }
    let channel = LineChannel(reading: descriptor, writing: descriptor, limit: 1 << 24)
    try channel.write(request)
    guard let line = try channel.readLine() else { throw Ended() }
    return String(decoding: line, as: UTF8.self)
  }
}
