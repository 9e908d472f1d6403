internal import Glibc
internal import Synchronization

/// A file that appears at its path only when it is complete.
///
/// Bytes go to a temporary file in the same folder. ``commit()`` makes them durable and renames the
/// file; an instance that ends without it leaves nothing behind. What a killed process leaves is
/// removed by ``TemporaryName/removeAbandoned(for:)``.
@safe public final class AtomicFile: Sendable {
  /// The path the file will have.
  public let path: String

  private let temporaryPath: String
  private let descriptor: Int32
  private let isCommitted = Atomic(false)

  /// Creates the temporary file.
  ///
  /// - Parameters:
  ///   - path: The path that the file will have.
  ///   - mode: Who may read and write it, as of `open`; the process's mask takes its part away.
  /// - Throws: ``FileError`` if it cannot be created.
  public init(path: String, mode: UInt32 = 0o666) throws(FileError) {
    self.path = path
    var attempt: (path: String, descriptor: Int32)
    repeat {
      attempt.path = TemporaryName.make(for: path)
      attempt.descriptor = Self.createLocked(attempt.path, mode)
    } while attempt.descriptor < 0 && errno == EEXIST
    (temporaryPath, descriptor) = attempt
    guard descriptor >= 0 else { throw FileError(path: path, operation: .create, code: errno) }
  }

  /// Returns the descriptor of a new file with its lock, or what `open` says.
  private static func createLocked(_ path: String, _ mode: UInt32) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { return descriptor }
    // Where the system has no locks, nobody takes the file for an abandoned one either.
    _ = flock(descriptor, LOCK_EX)
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_nlink == 0 else { return descriptor }
    // It was removed before it had its lock.
    _ = close(descriptor)
    errno = EEXIST
    return -1
  }

  deinit {
    if descriptor >= 0 { _ = close(descriptor) }
    if descriptor >= 0 && !isCommitted.load(ordering: .acquiring) {
      _ = unsafe unlink(temporaryPath)
    }
  }

  /// Reserves `byteCount` bytes on the disk, so that a full disk shows before the work begins.
  ///
  /// - Throws: ``FileError`` if there is no room.
  public func reserve(byteCount: Int) throws(FileError) {
    guard byteCount > 0 else { return }
    let code = posix_fallocate(descriptor, 0, byteCount)
    guard code == 0 else { throw FileError(path: path, operation: .write, code: code) }
  }

  /// Writes `bytes` at `offset`, in bytes from the start; threads may write different places at once.
  ///
  /// - Throws: ``FileError`` if the system cannot write them all.
  public func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: pwrite reads bytes.count - written bytes from inside the array.
      let count = unsafe bytes.withUnsafeBytes {
        unsafe pwrite(
          descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written,
          offset + written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileError(path: path, operation: .write, code: errno) }
      written += count
    }
  }

  /// Makes the content durable, then gives the file its path, replacing what was there.
  ///
  /// - Throws: ``FileError`` if a step fails; the old file, if any, is then still there.
  /// - Precondition: The file was not committed before.
  public func commit() throws(FileError) {
    precondition(!isCommitted.load(ordering: .acquiring), "\(path) is committed twice")
    guard fsync(descriptor) == 0 else {
      throw FileError(path: path, operation: .synchronize, code: errno)
    }
    guard unsafe rename(temporaryPath, path) == 0 else {
      throw FileError(path: path, operation: .rename, code: errno)
    }
    isCommitted.store(true, ordering: .releasing)
    try synchronizeFolder(folder(of: path))
  }

  /// Writes a whole small file at once.
  ///
  /// - Parameters:
  ///   - bytes: All of its content.
  ///   - path: The path that the file will have.
  ///   - mode: As of ``init(path:mode:)``.
  /// - Throws: ``FileError`` if a step fails; the old file, if any, is then still there.
  public static func write(
    _ bytes: [UInt8], to path: String, mode: UInt32 = 0o666
  ) throws(FileError) {
    let file = try AtomicFile(path: path, mode: mode)
    try file.write(bytes, at: 0)
    try file.commit()
  }

  /// Copies the content of the regular file at `source`, or of the one it links to, to `path`.
  ///
  /// - Throws: ``FileError`` if a step fails; the old file, if any, is then still there.
  public static func copy(_ source: String, to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    do throws(FileError) {
      let content = try MappedFile(path: source)
      let size = 1 << 20
      for start in stride(from: 0, to: content.byteCount, by: size) {
        let piece = content.bytes.extracting(start..<min(start + size, content.byteCount))
        // SAFETY: the bytes are copied during the call.
        try file.write(unsafe piece.withUnsafeBytes { unsafe [UInt8]($0) }, at: start)
      }
    } catch {
      // An empty file cannot be mapped.
      guard error.operation == .map, error.code == ENODATA else { throw error }
    }
    try file.commit()
  }
}
