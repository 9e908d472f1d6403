internal import Glibc

/// The lock of a file or folder, which goes with its process, however that ends.
///
/// It binds those who ask for it, and nobody else; a file may be locked, removed and made again.
@safe package final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of what is at `path`; `nil` if another process has it, or there is nothing to be
  /// locked.
  ///
  /// - Parameter waits: Whether to wait for the lock: of what others only look at.
  package init?(path: String, waits: Bool = false) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) == 0,
      isFile(descriptor, at: path)
    else { return nil }
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }
}

/// Opens the file at `path` to be read and written, or makes an empty one, and takes its lock.
///
/// - Returns: Its descriptor, which the caller closes, and the lock with it; `nil` if another process has the
///   lock.
/// - Throws: ``FileError`` if the system refuses the file, or has no locks for it.
package func openLocked(_ path: String) throws(FileError) -> Int32? {
  while true {
    let isNew = !fileExists(path)
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .open, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      _ = close(descriptor)
      guard code == EWOULDBLOCK else { throw FileError(path: path, operation: .lock, code: code) }
      return nil
    }
    // Who had it before may have removed or replaced it meanwhile; then this is the lock of nothing.
    guard isFile(descriptor, at: path) else {
      _ = close(descriptor)
      continue
    }
    if isNew { try synchronizeFolder(folder(of: path)) }
    return descriptor
  }
}

/// Returns whether an open file is the one at `path`.
private func isFile(_ descriptor: Int32, at path: String) -> Bool {
  var (opened, found) = (stat(), stat())
  guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &found) == 0 else {
    return false
  }
  return opened.st_dev == found.st_dev && opened.st_ino == found.st_ino
}
