internal import Bytes
internal import FineTuning
internal import Foundation
internal import Settings

/// Checks that a file can be written at `path`, so that a long run does not end in vain.
///
/// - Parameter option: The option that named it, for the error.
/// - Throws: ``RunError`` or `FileError` that names the file.
package func checkOutputFile(_ path: String, option: String = "--out") throws {
  var isFolder: ObjCBool = false
  let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
  guard !path.isEmpty, !path.hasSuffix("/"), !(exists && isFolder.boolValue) else {
    throw RunError("'\(option)' must name a file, but is '\(path)'")
  }
  _ = try AtomicFile(path: path)
}

// What is checked before the model is opened.

extension RunFiles {
  /// Checks that the files can be written and that no other run is lost, and makes the folder of a
  /// simulation.
  ///
  /// - Returns: Whether the folder is new.
  /// - Throws: ``RunError`` or `FileError` that names the file or folder.
  @discardableResult
  package func prepare(_ mode: Mode) throws -> Bool {
    switch kind {
    case .tune:
      try checkOutputFile(path)
      if mode == .refuse { try checkTuningIsFinished() }
      return false
    case .simulate: return try prepareFolder(mode)
    }
  }

  /// Removes the folder of a simulation if nothing was written to it.
  package func removeIfEmpty() {
    if (try? contents().isEmpty) == true { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Throws if an unfinished run of `tune`, or one that cannot be read, would be lost.
  private func checkTuningIsFinished() throws {
    guard hasState else { return }
    let saved: SavedRun<TuningState>
    do { saved = try SavedRun.read(path: state) } catch let error as RunError {
      throw RunError("\(error.description), which '--force' does")
    }
    let length = saved.settings[kind.lengthKey.rawValue].flatMap { Int($0) }
    if let length, saved.state.position >= length { return }
    throw RunError(
      "'\(path)' belongs to a run that has done \(saved.state.position) of "
        + "\(length.map(String.init) ?? "unknown") steps: choose another file, replace it with "
        + "'--force', or go on with it by: \(continuation)")
  }

  private func prepareFolder(_ mode: Mode) throws -> Bool {
    guard !path.isEmpty else { throw RunError("'--out' is empty; name a folder") }
    let isNew = !Self.exists(path)
    if isNew {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    _ = try AtomicFile(path: path + "/check")
    if mode == .refuse, try !isWithoutRun { throw refusal }
    return isNew
  }

  /// Whether the folder has nothing but what a run leaves that is killed before it has begun.
  private var isWithoutRun: Bool {
    get throws {
      let names = Set(all.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
      let isOurs = try contents().allSatisfy { names.contains($0) || $0.hasSuffix(".tmp") }
      let hasRounds = try Self.exists(log) && !LineLog.lines(of: log).isEmpty
      return isOurs && !hasState && !hasRounds
    }
  }

  private var refusal: RunError {
    guard hasState, let results, !Self.exists(results) else {
      return RunError(
        "the folder '\(path)' is not empty; choose another, or replace its results with '--force'")
    }
    return RunError(
      "the folder '\(path)' has a run that is not finished: choose another folder, replace its "
        + "results with '--force', or go on with it by: \(continuation)")
  }
}
