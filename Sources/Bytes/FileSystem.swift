internal import Glibc

/// Returns whether there is a folder at `path`.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Returns whether there is a file at `path`, and no folder, pipe or device.
package func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// Returns whether there is a file or folder at `path`.
package func fileExists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

/// Returns whether what is at `path` can be read only once: standard input or a pipe.
package func isPipe(_ path: String) -> Bool {
  guard path != standardInput else { return true }
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
}

/// Returns the path of the folder that `path` is in.
package func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Makes the names in a folder durable.
///
/// - Throws: ``FileError`` if the system refuses.
package func synchronizeFolder(_ folder: String) throws(FileError) {
  let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: folder, operation: .open, code: errno) }
  defer { _ = close(descriptor) }
  // Some file systems cannot synchronise a folder (EINVAL) and need not.
  guard fsync(descriptor) == 0 || errno == EINVAL else {
    throw FileError(path: folder, operation: .synchronize, code: errno)
  }
}

/// Makes a folder and those it is in, as far as there are none, each durable.
///
/// - Throws: ``FileError`` that names the folder that cannot be made.
package func makeFolder(_ path: String, mode: UInt32 = 0o777) throws(FileError) {
  let path = withoutSlashes(path)
  guard !isFolder(path) else { return }
  let above = folder(of: path)
  try makeFolder(above)
  guard unsafe mkdir(path, mode) == 0 || (errno == EEXIST && isFolder(path)) else {
    throw FileError(path: path, operation: .create, code: errno)
  }
  try synchronizeFolder(above)
}

/// Gives a folder its path in one step; what was there is then where the folder was.
///
/// Where the system cannot exchange two names, what was there is moved away first, and a kill between
/// leaves it beside the path.
///
/// - Throws: ``FileError`` if the system refuses; what was there is then there still.
package func moveFolder(_ from: String, to path: String) throws(FileError) {
  if kindOfEntry(path) != nil {
    guard !exchange(from, path) else { return try synchronizeFolder(folder(of: path)) }
    let old = TemporaryName.make(for: path)
    try move(path, to: old)
    do throws(FileError) { try move(from, to: path) } catch {
      _ = unsafe rename(old, path)
      throw error
    }
    try move(old, to: from)
  } else {
    try move(from, to: path)
  }
  try synchronizeFolder(folder(of: path))
}

private func move(_ from: String, to path: String) throws(FileError) {
  guard unsafe rename(from, path) == 0 else {
    throw FileError(path: path, operation: .rename, code: errno)
  }
}

/// Exchanges what is at two paths, if the system can.
private func exchange(_ one: String, _ other: String) -> Bool {
  typealias Rename =
    @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
  // The C library has it without declaring it to Swift.
  guard let symbol = unsafe dlsym(nil, "renameat2") else { return false }
  // SAFETY: this is its type, and it reads two texts that end in 0.
  let renameat2 = unsafe unsafeBitCast(symbol, to: Rename.self)
  return unsafe renameat2(AT_FDCWD, one, AT_FDCWD, other, 2 /* RENAME_EXCHANGE */) == 0
}

/// Returns what kind of entry is at `path`, a link being one of its own; `nil` if there is none.
func kindOfEntry(_ path: String) -> mode_t? {
  var status = stat()
  return unsafe lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
}
