package import Bytes
internal import Crypto
internal import Glibc

/// Hashes of files from earlier runs, a small file each.
///
/// The cache is a convenience: what cannot be read counts as absent, and what cannot be written is
/// computed again next time.
package struct HashCache: Sendable {
  /// Where the files are; made when the first is written.
  package let folder: String

  /// Creates the cache in `folder`, which need not exist.
  package init(folder: String) { self.folder = folder }

  /// The cache of this user, or `nil` if there is no place for one.
  package static var standard: HashCache? {
    if let folder = environment("XDG_CACHE_HOME") { return HashCache(folder: folder + "/fedkseed") }
    if let home = environment("HOME") { return HashCache(folder: home + "/.cache/fedkseed") }
    return nil
  }

  /// Returns the recorded hash of `file`, if neither its size nor its modification time has changed.
  package func hash(of file: MappedFile) -> String? {
    guard let path = realPath(of: file),
      let bytes = try? readInput(entryPath(path), limit: Self.entryLimit)
    else { return nil }
    let state = state(of: file, at: path)
    let hash = String(decoding: bytes, as: UTF8.self).dropFirst(state.count).prefix(64)
    return isSHA256(hash) && bytes == Self.entry(state + hash) ? String(hash) : nil
  }

  private static let entryLimit = 1 << 16

  /// The bytes of an entry: a hash that has changed on the disk would be one of another file.
  private static func entry(_ text: String) -> [UInt8] {
    Array("\(text)\n\(CRC32C.checksum(text.utf8))\n".utf8)
  }

  /// Records the hash of `file`.
  package func record(_ hash: String, of file: MappedFile) {
    guard let path = realPath(of: file) else { return }
    makeFolders()
    TemporaryName.removeAbandoned(for: entryPath(path))
    try? AtomicFile.write(Self.entry(state(of: file, at: path) + hash), to: entryPath(path))
  }

  private func realPath(of file: MappedFile) -> String? {
    guard let path = unsafe realpath(file.path, nil) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// Three lines that change when the file does.
  private func state(of file: MappedFile, at path: String) -> String {
    "\(path)\n\(file.byteCount)\n\(file.modificationTime)\n"
  }

  private func entryPath(_ path: String) -> String {
    "\(folder)/\(hexadecimal(SHA256.hash(data: Array(path.utf8)))).sha256"
  }

  private func makeFolders() {
    for end in folder.indices where folder[end] == "/" {
      _ = unsafe mkdir(String(folder[..<end]), 0o700)
    }
    _ = unsafe mkdir(folder, 0o700)
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.hasPrefix("/") ? text : nil
  }
}
