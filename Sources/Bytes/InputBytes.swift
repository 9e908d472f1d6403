internal import Glibc

/// The path that stands for standard input.
package let standardInput = "-"

/// Returns all that a regular file, a pipe or standard input (``standardInput``) gives.
///
/// A file that says it is empty is not read: those of `/proc` say so and could be read for ever.
///
/// - Parameter limit: The largest number of bytes.
/// - Throws: ``FileError`` if it cannot be opened or read, is a folder, a device or a terminal (`ENODEV`),
///   or gives more than `limit` bytes (`EFBIG`).
/// - Complexity: O(bytes), in memory too.
package func readInput(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
  guard path != standardInput else {
    guard isatty(STDIN_FILENO) == 0 else {
      throw FileError(path: "standard input", operation: .read, code: ENODEV)
    }
    return try InputDescriptor(STDIN_FILENO, "standard input").read(limit: limit)
  }
  var status = stat()
  // Asked before the file is opened: opening some devices has effects.
  guard unsafe stat(path, &status) == 0 else {
    throw FileError(path: path, operation: .open, code: errno)
  }
  let kind = status.st_mode & S_IFMT
  guard kind == S_IFREG || kind == S_IFIFO else {
    throw FileError(path: path, operation: .read, code: kind == S_IFDIR ? EISDIR : ENODEV)
  }
  guard kind == S_IFIFO || status.st_size > 0 else { return [] }
  guard status.st_size <= limit else { throw FileError(path: path, operation: .read, code: EFBIG) }
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: path, operation: .open, code: errno) }
  defer { _ = close(descriptor) }
  return try InputDescriptor(descriptor, path).read(limit: limit)
}

/// Returns the bytes of a regular file, none if it is empty or, as those of `/proc`, says so.
///
/// - Parameter limit: The largest number of bytes.
/// - Throws: ``FileError`` if it cannot be opened or read, is anything else, a pipe too, or has more
///   than `limit` bytes (`EFBIG`).
/// - Complexity: O(bytes), in memory too.
package func readRegularFile(_ path: String, limit: Int = .max) throws(FileError) -> [UInt8] {
  guard fileExists(path), !isFolder(path), !isRegularFile(path) else {
    return try readInput(path, limit: limit)
  }
  throw FileError(path: path, operation: .read, code: ENODEV)
}

/// An open file to be read from where it stands to its end.
private struct InputDescriptor {
  private static let chunkSize = 1 << 18

  private let descriptor: Int32
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  func read(limit: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let chunk = try nextChunk()
      guard !chunk.isEmpty else { return bytes }
      guard chunk.count <= limit - bytes.count else {
        throw FileError(path: path, operation: .read, code: EFBIG)
      }
      bytes += chunk
    }
  }

  /// Returns the bytes that come next, none at the end.
  private func nextChunk() throws(FileError) -> [UInt8] {
    while true {
      var code: Int32 = 0
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, count in
        // SAFETY: the system writes at most as many bytes as the buffer has.
        let result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        code = result < 0 ? errno : 0
        count = max(0, result)
      }
      guard code != EINTR else { continue }
      guard code == 0 else { throw FileError(path: path, operation: .read, code: code) }
      return chunk
    }
  }
}
