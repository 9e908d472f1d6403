internal import Federation
internal import Foundation
package import SeedBasis
internal import Settings

/// A run as its files record it, finished or not, from which every past model can be made.
///
///     try RecordedRun<LoggedRound>(RunFiles(simulation: "runs/mine")).model(after: 5)
package struct RecordedRun<Entry: LogEntry> {
  private let files: RunFiles
  private let model: SeedCheckpoint
  private let lines: LogLines
  private let entries: [Entry]

  /// Reads the seed checkpoint and the log.
  ///
  /// - Throws: ``RunError`` or `SeedCheckpointError` that names the file.
  package init(_ files: RunFiles) throws {
    self.files = files
    model = try SeedCheckpoint.read(path: files.model)
    lines = try LineLog.lines(of: files.log)
    entries = try Entry.decode(lines, path: files.log)
  }

  /// Returns the model after `count` entries; 0 is the untuned one.
  ///
  /// - Throws: ``RunError`` if there are fewer, or the entries do not lead to the models that the log and
  ///   the seed checkpoint have.
  package func model(after count: Int) throws -> SeedCheckpoint {
    guard (0...entries.count).contains(count) else {
      throw RunError(
        "'--\(Entry.kind.period)' must be a whole number from 0 to \(entries.count), the "
          + "\(Entry.kind.period)s that '\(files.log)' has, but is \(count)")
    }
    var found: Coefficients?
    // A run that was killed may have logged more than the checkpoint has.
    var leadsToModel = false
    try replay { number, coefficients in
      if number == count { found = coefficients }
      leadsToModel = leadsToModel || coefficients.rounded == model.coefficients.rounded
    }
    guard leadsToModel, let found else {
      throw RunError(
        "'\(files.log)' does not add up to '\(files.model)': they are of different runs")
    }
    return checkpoint(found, entries.prefix(count), notes: ["made-by": "fedkseed kseed at"])
  }

  /// Does again what the run did, and hands out the model before the first entry and after each.
  ///
  /// - Parameter excluded: A client whose part is left out; the models noted are then not compared.
  private func replay(
    without excluded: Int? = nil, _ body: (_ count: Int, Coefficients) -> Void
  ) throws {
    var replay = Replay(
      model: GlobalModel(
        coefficients: Coefficients(candidateCount: model.basis.candidateCount)))
    replay.excluded = excluded
    let recorded = model.history.settings[SettingKey.serverMomentum.rawValue]
    replay.recordedMomentum = recorded.flatMap { Double($0) } ?? 0
    body(0, replay.model.coefficients)
    for entry in entries {
      do { try entry.replay(&replay) } catch {
        throw RunError(
          "'\(files.log)', line \(entry.number + 1): \(error); it is of another run than "
            + "'\(files.model)', or damaged")
      }
      if excluded == nil, let noted = entry.coefficientsSha256,
        noted != replay.model.coefficients.digest
      {
        throw RunError(
          "'\(files.log)': the messages up to \(Entry.kind.period) \(entry.number + 1) do not add up "
            + "to the model that the log names: the log is damaged")
      }
      body(entry.number + 1, replay.model.coefficients)
    }
    // Last: what is said above says more.
    try Entry.checkIntact(lines, path: files.log)
  }

  private func checkpoint(
    _ coefficients: Coefficients, _ entries: ArraySlice<Entry>, notes: [String: String],
    skipping skipped: Int = 0
  ) -> SeedCheckpoint {
    let history = model.history
    return SeedCheckpoint(
      baseHash: model.baseHash, parameterMapHash: model.parameterMapHash, basis: model.basis,
      coefficients: coefficients,
      history: SeedCheckpoint.History(
        epsilon: history.epsilon, learningRate: history.learningRate,
        steps: entries.reduce(0) { $0 + $1.updateCount } - skipped,
        rounds: Entry.kind == .simulate ? entries.count : 0, tool: history.tool,
        settings: history.settings.merging(notes) { $1 }))
  }
}

extension RecordedRun<LoggedRound> {
  /// Returns the last model less the part that one client's messages have in it.
  ///
  /// - Throws: ``RunError`` if it took part in no round.
  package func model(without client: Int) throws -> SeedCheckpoint {
    let updates = entries.flatMap(\.updates)
    guard updates.contains(where: { $0.client == client }) else {
      throw RunError(
        "client \(client) took part in no round of '\(files.path)'; those who did: "
          + Set(updates.map(\.client)).sorted().map(String.init).joined(separator: " "))
    }
    var rest = Coefficients(candidateCount: model.basis.candidateCount)
    try replay(without: client) { rest = $1 }
    return checkpoint(
      rest, entries[...],
      notes: ["made-by": "fedkseed kseed without", "without-client": "\(client)"],
      skipping: updates.filter { $0.client == client }.reduce(0) { $0 + $1.stepCount })
  }
}
