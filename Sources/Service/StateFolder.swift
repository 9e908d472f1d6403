internal import Bytes
internal import Foundation

/// What a client keeps of one run.
struct RunMemory<State: Codable & Sendable>: Codable, Sendable {
  /// The last plan that was answered, and the answer.
  struct Answer: Codable, Sendable {
    /// The name of the message that had the plan.
    var message: String
    /// Its round.
    var round: Int
    /// The SHA-256 of the plan, in hexadecimal.
    var plan: String
    /// The encoded `ClientUpdate`.
    var update: Data
  }

  /// Where the client was before the last round; `nil` if that was its first.
  var before: State?
  /// Where it is after it.
  var after: State
  /// What it answered.
  var answer: Answer
}

/// The folder with the durable state of a client: a file for each run, replaced whole.
///
/// One process at a time may use it: `client.json`, which says whose state it is, is locked, and the lock goes
/// with the process, however that ends.
package final class StateFolder<State: Codable & Sendable>: Sendable {
  /// The folder.
  package let path: String
  private let lock: FileHandle

  /// The number of runs that are kept; the oldest is forgotten for a new one.
  package static var runLimit: Int { 16 }

  /// The most bytes of a run's file: many times those of a run with 65,536 directions.
  private static var fileLimit: Int { 1 << 26 }

  /// Opens the folder, or makes it.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - owner: Whose state it is, in the same words every time: the client, its settings, its data.
  /// - Throws: ``ServiceError`` if it is another's or in use, `FileError` if it cannot be written.
  package init(path: String, owner: [String: String]) throws {
    self.path = path
    // What a client has answered is its own affair.
    try makeFolder(path, mode: 0o700)
    let file = path + "/client.json"
    guard let descriptor = try openLocked(file) else {
      throw ServiceError(
        .busy, "'\(path)' is in use by another process: end it, or choose another '--state'")
    }
    lock = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    TemporaryName.removeAbandoned(in: path)
    // Of a new folder, or one whose making was interrupted.
    if Self.members(of: file) == nil, runFiles.isEmpty {
      try lock.truncate(atOffset: 0)
      try lock.write(contentsOf: Data(Self.text(of: owner).utf8))
      try lock.synchronize()
    }
    try Self.check(file, owner)
  }

  /// What `client.json` says; `nil` if that is no JSON.
  private static func members(of file: String) -> JSON? {
    try? JSON.parse(readInput(file, limit: 1 << 16)[...])
  }

  private static func text(of owner: [String: String]) -> String {
    CanonicalJSON.object(owner.mapValues(CanonicalJSON.string)) + "\n"
  }

  private static func check(_ file: String, _ owner: [String: String]) throws {
    let found = members(of: file) ?? .null
    for (name, expected) in owner.sorted(by: { $0.key < $1.key })
    where found[name]?.string != expected {
      throw ServiceError(
        .failed,
        "'\(file)': \(name) is \(found[name]?.string.map { quoted($0) } ?? "missing"), but that of "
          + "this client is \(quoted(expected)): choose another '--state' for another client, other "
          + "settings or other data")
    }
  }

  private func file(of run: String) -> String { "\(path)/run-\(run).json" }

  /// Returns what is known of a run, or `nil` if it is new.
  ///
  /// - Throws: ``ServiceError`` if the file is damaged.
  func memory(of run: String) throws -> RunMemory<State>? {
    let file = file(of: run)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let content = try? readRegularFile(file, limit: Self.fileLimit)
    guard let content, ChecksummedJSON.isIntact(content),
      let memory = try? JSONDecoder().decode(RunMemory<State>.self, from: Data(content))
    else {
      throw ServiceError(
        .failed,
        "'\(file)' is damaged: restore it, or remove it, and the client begins the run anew")
    }
    return memory
  }

  /// Makes what is known of a run durable.
  func save(_ memory: RunMemory<State>, of run: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let isNew = !FileManager.default.fileExists(atPath: file(of: run))
    try AtomicFile.write(
      ChecksummedJSON.adding(to: encoder.encode(memory)), to: file(of: run))
    if isNew { forgetOldest() }
  }

  /// The names of the files of runs.
  private var runFiles: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasPrefix("run-") && $0.hasSuffix(".json") }
  }

  /// Removes the files of runs that have not been heard of for longest.
  private func forgetOldest() {
    let dated = runFiles.map { name in
      let file = path + "/" + name
      let attributes = try? FileManager.default.attributesOfItem(atPath: file)
      return (file: file, date: attributes?[.modificationDate] as? Date ?? .distantPast)
    }
    for run in dated.sorted(by: { $0.date > $1.date }).dropFirst(Self.runLimit) {
      try? FileManager.default.removeItem(atPath: run.file)
    }
  }
}
