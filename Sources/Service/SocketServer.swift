internal import Bytes
internal import Foundation
internal import Synchronization

/// Serves a client of a federation on a socket until it is to end.
package struct SocketServer<Client: ServedClient>: Sendable {
  private let service: ClientService<Client>
  private let monitor: WorkMonitor
  private let socket: UnixSocket

  /// The number of connections at once; one more is told so and closed.
  package static var connectionLimit: Int { 16 }

  /// Listens at `path`.
  ///
  /// - Throws: As ``UnixSocket``.
  package init(_ service: ClientService<Client>, monitor: WorkMonitor, path: String) throws {
    self.service = service
    self.monitor = monitor
    socket = try UnixSocket(listeningAt: path)
  }

  /// Serves connections until a request or `isStopped` ends it; work under way is then given up.
  ///
  /// - Parameter isStopped: Asked several times a second.
  package func run(isStopped: () -> Bool = { false }) {
    let counter = Counter(limit: Self.connectionLimit)
    let connections = DispatchGroup()
    while !monitor.isEnding, !isStopped() {
      guard let connection = socket.accept() else { continue }
      guard counter.enter() else {
        refuse(connection)
        continue
      }
      connections.enter()
      Thread {
        serve(connection)
        counter.leave()
        connections.leave()
      }.start()
    }
    monitor.end()
    socket.stop()
    // For the answers under way; a peer that does not read must not keep the process.
    _ = connections.wait(timeout: .now() + 5)
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    let channel = LineChannel(
      reading: connection, writing: connection, limit: service.lineLimit)
    do {
      while let line = try channel.readLine(isStopped: { monitor.isEnding }) {
        try channel.write(service.reply(to: line))
      }
    } catch let error as ServiceError {
      // Where a line that is too long ends is not known: so does the connection.
      try? channel.write(ClientService<Client>.refusal(error, of: nil))
    } catch {}
  }

  private func refuse(_ connection: Int32) {
    let channel = LineChannel(reading: connection, writing: connection, limit: 0)
    let error = ServiceError(.busy, "there are \(Self.connectionLimit) connections already")
    try? channel.write(ClientService<Client>.refusal(error, of: nil))
    close(connection)
  }
}

/// The number of open connections.
private final class Counter: Sendable {
  private let count = Mutex(0)
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Counts one more, if there may be one.
  func enter() -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}
