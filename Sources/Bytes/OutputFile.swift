internal import Glibc

/// A result that would take the place of what a person has.
package struct OutputError: Error, Equatable, CustomStringConvertible {
  /// One sentence: the path, what is there, what to do.
  package let description: String

  /// Creates an error of that sentence.
  package init(_ description: String) { self.description = description }

  /// Something is at the path already.
  package static func exists(_ path: String, option: String = "--out") -> OutputError {
    OutputError(
      "'\(path)' exists: replace it with '--force', or choose another "
        + "'\(option)' and keep both")
  }
}

// The one rule for files that exist, of every command that writes: what is there stays unless the
// user says `--force`; what a command reads is never written over, whatever path leads to it; and
// only what a result is itself makes room for it, a regular file for a file.

/// Checks that a file can be written at `path` and that nothing is lost by it, so that a long run
/// does not end in vain; what killed processes have left beside it is removed.
///
/// - Parameters:
///   - option: The option that named it, for the error.
///   - force: Whether a file that is there may be replaced.
///   - inputs: What the command reads.
/// - Throws: ``OutputError`` or ``FileError`` that names the file.
package func checkOutputFile(
  _ path: String, option: String = "--out", force: Bool = false, inputs: [String] = []
) throws {
  guard !path.isEmpty, !path.hasSuffix("/"), !isFolder(path) else {
    throw OutputError("'\(option)' must name a file, but is '\(path)'")
  }
  try checkInputs(inputs, areNot: path, option: option)
  if let kind = kindOfEntry(path) {
    guard force else { throw OutputError.exists(path, option: option) }
    guard kind == S_IFREG || kind == S_IFLNK else {
      throw OutputError(
        "'\(path)' is a device, a pipe or a socket, which '--force' does not "
          + "replace: choose another '\(option)'")
    }
  }
  TemporaryName.removeAbandoned(for: path)
  _ = try AtomicFile(path: path)
}

/// Checks that a folder can be made at `path` and that nothing is lost by it.
///
/// - Parameters:
///   - force: Whether a folder that is there may be replaced, if it `isReplaceable`.
///   - isReplaceable: Whether a folder is a result of the same kind and nothing else.
/// - Throws: ``OutputError`` that names the folder.
package func checkOutputFolder(
  _ path: String, option: String = "--out", force: Bool = false, inputs: [String] = [],
  isReplaceable: (String) -> Bool
) throws(OutputError) {
  guard !path.isEmpty else { throw OutputError("'\(option)' is empty; name a file or a folder") }
  let folder = withoutSlashes(path)
  defer { TemporaryName.removeAbandoned(for: folder) }
  try checkInputs(inputs, areNot: folder, option: option)
  guard kindOfEntry(folder) != nil else { return }
  guard force else { throw OutputError.exists(path, option: option) }
  guard kindOfEntry(folder) == S_IFDIR, isReplaceable(folder) else {
    throw OutputError(
      "'\(path)' is not such a folder as is written here, so '--force' does not "
        + "replace it: choose another '\(option)'")
  }
}

/// Throws if `path` leads to one of the `inputs`, or to a file in one that is a folder.
private func checkInputs(
  _ inputs: [String], areNot path: String, option: String
) throws(OutputError) {
  guard fileExists(path),
    let input = inputs.first(where: { isSameFile($0, path) || isSameFile($0, folder(of: path)) })
  else { return }
  throw OutputError(
    "'\(path)' is \(input == path ? "read too" : "the file that is read as '\(input)'"), and what a "
      + "command reads is never written over: choose another '\(option)'")
}

/// Returns whether two paths lead to one file or folder, over links or not.
package func isSameFile(_ one: String, _ other: String) -> Bool {
  var (first, second) = (stat(), stat())
  guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// Returns the path without slashes at its end; the root stays itself.
package func withoutSlashes(_ path: String) -> String {
  let kept = path.reversed().drop { $0 == "/" }.reversed()
  return kept.isEmpty ? "/" : String(kept)
}
