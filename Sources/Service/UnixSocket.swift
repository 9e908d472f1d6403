internal import Bytes
internal import Glibc
internal import Synchronization

/// A socket in the file system on which a process listens; only its owner may connect.
@safe package final class UnixSocket: Sendable {
  /// Where it is.
  package let path: String
  private let descriptor: Int32
  private let isStopped = Atomic(false)

  /// The most bytes of a path, as the system has it.
  private static let pathLimit = 107

  /// Listens at `path`, in the place of a socket that a process has left that is no more.
  ///
  /// - Throws: ``ServiceError`` if something else is there, `FileError` if the system refuses.
  package init(listeningAt path: String) throws {
    self.path = path
    try Self.removeAbandoned(path)
    descriptor = try Self.makeSocket()
    // Nobody else may connect, not even before a change of mode.
    let mask = umask(0o177)
    let result = unsafe Self.withAddress(of: path) { unsafe bind(descriptor, $0, $1) }
    umask(mask)
    guard result == 0, listen(descriptor, 16) == 0 else {
      let error = FileError(path: path, operation: .create, code: errno)
      _ = close(descriptor)
      throw error
    }
  }

  deinit { stop() }

  /// Listens no longer, and removes the socket.
  package func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    _ = close(descriptor)
    _ = unsafe unlink(path)
  }

  /// Returns the descriptor of the next connection, which the caller closes; `nil` if none came within a
  /// tenth of a second.
  package func accept() -> Int32? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&waiting, 1, 100) > 0 else { return nil }
    let connection = Glibc.accept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    return connection
  }

  /// Returns the descriptor of a connection to the socket at `path`, which the caller closes.
  ///
  /// - Throws: `FileError` if nobody listens there.
  package static func connect(to path: String) throws -> Int32 {
    let descriptor = try makeSocket()
    let result = unsafe withAddress(of: path) { unsafe Glibc.connect(descriptor, $0, $1) }
    guard result == 0 else {
      let error = FileError(path: path, operation: .open, code: errno)
      _ = close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func makeSocket() throws -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(AF_UNIX, Int32(kind), 0)
    guard descriptor >= 0 else {
      throw FileError(path: "a socket", operation: .create, code: errno)
    }
    return descriptor
  }

  /// Removes the socket at `path` if nobody listens there.
  private static func removeAbandoned(_ path: String) throws {
    guard (1...pathLimit).contains(path.utf8.count) else {
      throw ServiceError(
        .failed,
        "'--socket' has \(path.utf8.count) bytes, expected 1 to \(pathLimit): take a shorter path")
    }
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ServiceError(.failed, "'\(path)' is there and no socket: choose another '--socket'")
    }
    if let descriptor = try? connect(to: path) {
      _ = close(descriptor)
      throw ServiceError(
        .busy, "another process listens at '\(path)': end it, or choose another '--socket'")
    }
    _ = unsafe unlink(path)
  }

  /// Calls `body` with the address of the socket at `path`, which has a length within the limit.
  private static func withAddress(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path has at most 107 of the 108 bytes, and a 0 stays behind it.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: path.utf8.prefix(pathLimit))
    }
    // SAFETY: the system reads as many bytes of the address as it is told to.
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
