internal import Bytes

extension SeedCheckpoint {
  /// The suffix of the files.
  package static let suffix = ".kseed"

  /// Returns the file that a person means by `name`, who may leave out the suffix.
  ///
  /// A checkpoint of just that name, as older versions wrote, is meant itself. So is what cannot be the
  /// name of a file, for whoever writes there to refuse.
  package static func path(named name: String) -> String {
    guard !name.isEmpty, !name.hasSuffix("/"), !name.hasSuffix(suffix) else { return name }
    let isAnother = fileExists(name) && !isRegularFile(name)
    return isAnother || isCheckpoint(name) ? name : name + suffix
  }

  /// Returns the file to read that a person means by `name`: if there is one, that, else that with the
  /// suffix.
  package static func existingPath(named name: String) -> String {
    let path = path(named: name)
    return !fileExists(name) && fileExists(path) ? path : name
  }

  /// Whether the file begins as seed checkpoints do.
  private static func isCheckpoint(_ path: String) -> Bool {
    guard isRegularFile(path), let file = try? MappedFile(path: path) else { return false }
    let magic = SeedCheckpointFormat.magic
    return file.byteCount >= magic.count
      && magic.indices.allSatisfy { file.integer(UInt8.self, at: $0) == magic[$0] }
  }
}
