internal import Bytes
internal import FineTuning
internal import Foundation
internal import Settings

// What is checked before the model is opened.

extension RunFiles {
  /// Checks that the files can be written and that nothing is lost by them, and makes the folder of a
  /// simulation.
  ///
  /// - Parameter inputs: What the run reads, none of which it may write over.
  /// - Returns: Whether the folder is new.
  /// - Throws: ``RunError``, `OutputError` or `FileError` that names the file or folder.
  @discardableResult
  package func prepare(_ mode: Mode, inputs: [String] = []) throws -> Bool {
    switch kind {
    case .tune:
      try checkSuffix()
      if mode == .refuse { try checkTuningIsNew() }
      // Here what exists is the run to go on with, to begin again, or what a kill left of it.
      for file in [model] + all { try checkOutputFile(file, force: true, inputs: inputs) }
      return false
    case .simulate: return try prepareFolder(mode, inputs)
    }
  }

  /// Removes the folder of a simulation if nothing was written to it.
  package func removeIfEmpty() {
    if (try? contents().isEmpty) == true { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Throws if the seed checkpoint would have the name of a model, which another command writes.
  private func checkSuffix() throws(OutputError) {
    let name = path.hasSuffix(".kseed") ? path.dropLast(6) : path[...]
    guard [".gguf", ".safetensors"].contains(where: name.lowercased().hasSuffix) else { return }
    throw OutputError(
      "'--out' names a seed checkpoint, but is '\(name)': give it the suffix .kseed; 'fedkseed "
        + "apply' writes the tuned model then")
  }

  /// Throws if a run has come to be there that is not to be touched; asked again when the log is locked.
  func checkHasNoRun(_ mode: Mode) throws {
    guard mode == .refuse, hasState else { return }
    throw kind == .tune ? try refusalOfRun() : refusalOfFolder
  }

  /// Throws if a run of `tune`, or files that are of none, would be lost.
  private func checkTuningIsNew() throws {
    if hasState { throw try refusalOfRun() }
    // A run that was killed before its first state has made an empty log before all else.
    guard try !Self.exists(log) || !readRegularFile(log).isEmpty else { return }
    let files = [model, log, settings, report]
    if let file = files.first(where: Self.exists) { throw OutputError.exists(file) }
  }

  private func refusalOfRun() throws -> RunError {
    let saved: SavedRun<TuningState>
    do { saved = try SavedRun.read(path: state) } catch let error as RunError {
      return RunError("\(error.description), which '--force' does")
    }
    let length = saved.settings[kind.lengthKey.rawValue].flatMap { Int($0) }
    if let length, saved.state.position >= length { return Self.finished(path) }
    return unfinished(
      "has done \(saved.state.position) of \(length.map(String.init) ?? "unknown") steps")
  }

  private static func finished(_ path: String) -> RunError {
    RunError(
      "'\(path)' has a finished run: begin again with '--force', or choose another '--out' and keep "
        + "both")
  }

  private func unfinished(_ state: String) -> RunError {
    RunError(
      "'\(path)' has a run that \(state): go on with it by '\(continuation)', begin again with "
        + "'--force', or choose another '--out' and keep both")
  }

  private func prepareFolder(_ mode: Mode, _ inputs: [String]) throws -> Bool {
    guard !path.isEmpty else { throw RunError("'--out' is empty; name a folder") }
    let isNew = !Self.exists(path)
    try makeFolder(path)
    try checkOutputFile(path + "/check")
    if mode == .refuse, try !isWithoutRun { throw refusalOfFolder }
    for file in all { try checkOutputFile(file, force: true, inputs: inputs) }
    return isNew
  }

  /// Whether the folder has nothing but what a run leaves that is killed before it has begun.
  private var isWithoutRun: Bool {
    get throws {
      let names = Set(all.map { $0.split(separator: "/").last.map(String.init) ?? $0 })
      let isOurs = try contents().allSatisfy { names.contains($0) || TemporaryName.isTemporary($0) }
      let hasRounds = try Self.exists(log) && !LineLog.lines(of: log).isEmpty
      return isOurs && !hasState && !hasRounds
    }
  }

  private var refusalOfFolder: any Error {
    guard hasState else { return OutputError.exists(path) }
    guard let results, !Self.exists(results) else { return Self.finished(path) }
    return unfinished("is not finished")
  }
}
