internal import Bytes
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

/// The files of a simulation, by name.
///
/// The state is first, because without it there is no run to resume.
enum RunFile: String, CaseIterable {
  case state = "state.json"
  case settings = "settings.yaml"
  case partition = "partition.json"
  case rounds = "rounds.jsonl"
  case model = "model.kseed"
  case measurements = "rounds.csv"
  case results = "results.json"
  case report = "report.html"
}

/// The folder a run writes to, checked before the run.
struct OutputFolder {
  /// What to do with the files of an earlier run.
  enum Mode { case refuse, replace, resume }

  /// The path as given.
  let path: String
  /// What to do with files that are there.
  let mode: Mode
  private let isNew: Bool

  /// Creates the folder unless it is there, and checks that files can be written to it.
  ///
  /// - Throws: ``InputError`` or `FileError` that names the folder.
  init(_ path: String, _ mode: Mode) throws {
    guard !path.isEmpty else { throw InputError("'--out' is empty; name a folder") }
    self.path = path
    self.mode = mode
    isNew = !FileManager.default.fileExists(atPath: path)
    if isNew {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    _ = try AtomicFile(path: file("check"))
    if mode == .refuse, try !isWithoutRun {
      throw Self.refusal(path, has(.state), has(.results))
    }
  }

  /// Removes what the run does not go on with.
  ///
  /// That is files of an earlier one, and the temporary files that a kill left. Not the log, which is
  /// locked.
  func clear() throws {
    if mode == .replace { try RunFile.allCases.filter { $0 != .rounds }.forEach(remove) }
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where name.hasSuffix(".tmp") {
      try FileManager.default.removeItem(atPath: file(name))
    }
  }

  /// Whether the folder has nothing but what a run leaves that is killed before it has begun.
  private var isWithoutRun: Bool {
    get throws {
      let contents = try FileManager.default.contentsOfDirectory(atPath: path)
      let isOurs = contents.allSatisfy { RunFile(rawValue: $0) != nil || $0.hasSuffix(".tmp") }
      let hasRounds = try has(.rounds) && !LineLog.lines(of: file(.rounds)).isEmpty
      return isOurs && !has(.state) && !hasRounds
    }
  }

  private static func refusal(_ path: String, _ isRun: Bool, _ isFinished: Bool) -> InputError {
    guard isRun, !isFinished else {
      return InputError(
        "the folder '\(path)' is not empty; choose another, or replace its results with '--force'")
    }
    return InputError(
      "the folder '\(path)' has a run that is not finished: go on with it by 'fedkseed simulate "
        + "--resume \(path)', choose another folder, or replace its results with '--force'")
  }

  private func remove(_ file: RunFile) throws {
    if has(file) { try FileManager.default.removeItem(atPath: self.file(file)) }
  }

  private func file(_ name: String) -> String { path + "/" + name }

  /// Returns the path of a file in the folder.
  func file(_ file: RunFile) -> String { self.file(file.rawValue) }

  /// Returns whether a file is there.
  func has(_ file: RunFile) -> Bool {
    FileManager.default.fileExists(atPath: self.file(file))
  }

  /// Writes a file, all of it or none.
  func write(_ bytes: some Sequence<UInt8>, to file: RunFile) throws {
    try AtomicFile.write(Array(bytes), to: self.file(file))
  }

  /// Removes the folder if this run made it and nothing was written.
  func removeIfEmpty() {
    let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
    if isNew, contents?.isEmpty == true { try? FileManager.default.removeItem(atPath: path) }
  }
}
