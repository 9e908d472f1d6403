internal import Foundation
internal import Weights

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
