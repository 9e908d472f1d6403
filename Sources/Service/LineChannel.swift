package import Bytes
internal import Glibc

/// Lines of text over a connection or a pair of pipes, none of them longer than a limit.
@safe package final class LineChannel {
  private let input: Int32
  private let output: Int32
  private let limit: Int
  private var buffer: [UInt8] = []
  /// How much of ``buffer`` is known to have no end of a line.
  private var searched = 0

  /// Creates a channel over open descriptors, which stay their owner's.
  ///
  /// - Parameter limit: The most bytes of a line that is read.
  package init(reading input: Int32, writing output: Int32, limit: Int) {
    self.input = input
    self.output = output
    self.limit = limit
  }

  /// Returns the next line without its end, or `nil` at the end of the input or when `isStopped`.
  ///
  /// - Parameter isStopped: Asked several times a second.
  /// - Throws: ``ServiceError`` if the line is too long, `FileError` if the system cannot read.
  package func readLine(isStopped: () -> Bool = { false }) throws -> [UInt8]? {
    while true {
      let line = takeLine()
      guard (line ?? buffer).count <= limit else {
        throw ServiceError(
          .malformed, "the line has more than \(limit) bytes; expected one JSON object a line")
      }
      if let line { return line }
      guard try waitForInput(isStopped), try fill() else { return nil }
    }
  }

  private func takeLine() -> [UInt8]? {
    guard let end = buffer[searched...].firstIndex(of: 10) else {
      searched = buffer.count
      return nil
    }
    let line = Array(buffer[..<end])
    buffer.removeSubrange(...end)
    searched = 0
    return line
  }

  /// Returns whether there is something to read, or the end, before `isStopped`.
  private func waitForInput(_ isStopped: () -> Bool) throws -> Bool {
    while !isStopped() {
      var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      let count = unsafe poll(&descriptor, 1, 100)
      if count > 0 { return true }
      guard count == 0 || errno == EINTR else { throw failure(.read) }
    }
    return false
  }

  /// Reads what is there; returns whether it is not the end.
  private func fill() throws -> Bool {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    // SAFETY: read writes at most as many bytes as the array has.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR || errno == EAGAIN { return true }
    // A peer that is gone is the end.
    if count < 0, errno == ECONNRESET { return false }
    guard count >= 0 else { throw failure(.read) }
    buffer += bytes[..<count]
    return count > 0
  }

  /// Writes an object on a line of its own.
  ///
  /// - Throws: `FileError` if the peer is gone.
  package func write(_ object: JSON) throws {
    let bytes = Array((object.canonical + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = write(bytes[written...])
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure(.write) }
      written += count
    }
  }

  /// Writes what fits of the bytes; a peer that is gone is an error, and the end of the process only
  /// where the output is a pipe.
  private func write(_ bytes: ArraySlice<UInt8>) -> Int {
    // SAFETY: send and write read the bytes of the slice.
    unsafe bytes.withUnsafeBytes { bytes in
      let count = unsafe send(output, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      guard count < 0, errno == ENOTSOCK else { return count }
      return unsafe Glibc.write(output, bytes.baseAddress, bytes.count)
    }
  }

  private func failure(_ operation: FileError.Operation) -> FileError {
    FileError(path: "the other side", operation: operation, code: errno)
  }
}
