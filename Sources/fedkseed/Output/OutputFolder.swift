internal import Foundation
internal import Weights

/// Checks that a file can be written at `path`, so that a long run does not end in vain.
///
/// - Throws: ``InputError`` or `FileError` that names the file.
func checkOutputFile(_ path: String) throws {
  var isFolder: ObjCBool = false
  let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
  guard !path.isEmpty, !path.hasSuffix("/"), !(exists && isFolder.boolValue) else {
    throw InputError("'--out' must name a file, but is '\(path)'")
  }
  _ = try AtomicFile(path: path)
}

/// The folder a run writes to, checked before the run.
struct OutputFolder {
  /// The path as given.
  let path: String
  private let isNew: Bool

  /// Creates the folder unless it is there, and checks that files can be written to it.
  ///
  /// - Parameter force: Whether files of an earlier run may be replaced.
  /// - Throws: ``InputError`` or `FileError` that names the folder.
  init(_ path: String, force: Bool) throws {
    guard !path.isEmpty else { throw InputError("'--out' is empty; name a folder") }
    self.path = path
    isNew = !FileManager.default.fileExists(atPath: path)
    if isNew {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    _ = try AtomicFile(path: file("check"))
    let contents = try FileManager.default.contentsOfDirectory(atPath: path)
    guard force || contents.isEmpty else {
      throw InputError(
        "the folder '\(path)' is not empty; choose another, or replace its results with '--force'")
    }
  }

  /// Returns the path of the file `name` in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes the file `name`, all of it or none.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try AtomicFile.write(Array(bytes), to: file(name))
  }

  /// Removes the folder if this run made it and nothing was written.
  func removeIfEmpty() {
    let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
    if isNew, contents?.isEmpty == true { try? FileManager.default.removeItem(atPath: path) }
  }
}
