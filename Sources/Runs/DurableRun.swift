internal import Bytes
internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedBasis
internal import SeedDescent
internal import Settings

/// A run from its first step or round, or from the last one saved, to the files it leaves.
///
/// Behind an entry come its line of the log, the seed checkpoint and the state, each durable before
/// the next. The state says how many lines of the log count. So a kill at any moment costs what was
/// not saved, and nothing else.
package struct DurableRun<Engine: RunEngine> {
  package typealias Entry = Engine.Entry
  typealias Saved = SavedRun<Engine.State>

  let prepared: PreparedRun
  let plan: RunPlan
  let files: RunFiles
  let mode: RunFiles.Mode
  let monitor: RunMonitor
  let log: LineLog
  let isResumed: Bool
  /// How long the run was to be when it was saved, if it is resumed.
  let earlierLength: String?

  var engine: Engine
  var saved: Saved
  /// The entries that are saved.
  var entries: [Entry] = []
  /// Those that are done and not saved.
  var unsaved: [Entry] = []
  /// The number of updates of those that are saved.
  private var updateCount = 0
  /// What the method that draws candidates by their significance is asked for at the end.
  var seedTally: SeedTally?
  var watch: RunWatch
  var hasWarned = false
  var sinks: [any ProgressSink] = []
  /// When the page was last written on the way, and how long that took, in seconds of the run.
  var page = (writtenAt: -Double.infinity, cost: 0.0)

  /// Locks the log, and finds the place of the run that is there, if it is to be resumed.
  ///
  /// - Parameters:
  ///   - wantsStop: Whether the user wants the run to stop; asked between steps, from any thread.
  ///   - makeEngine: Returns the engine at its start; it may count its steps at the monitor.
  /// - Throws: ``RunError`` if the state there is damaged or of other settings.
  package init(
    _ run: PreparedRun, _ plan: RunPlan, in files: RunFiles, mode: RunFiles.Mode,
    wantsStop: @escaping @Sendable () -> Bool, makeEngine: (RunMonitor) throws -> Engine
  ) throws {
    // First of all: until then another process may go on with the run, or come to its end.
    log = try LineLog(path: files.log)
    try files.checkHasNoRun(mode)
    let earlier = mode == .resume && files.hasState ? try Saved.read(path: files.state) : nil
    try earlier?.check(run, growing: files.kind.lengthKey)
    monitor = RunMonitor(
      after: earlier?.cost ?? RunCost(), tokensPerStep: run.tokensPerStep,
      terminal: plan.isQuiet ? .silent : .standardError, wantsStop: wantsStop)
    do { engine = try makeEngine(monitor) } catch {
      log.removeIfNew()
      throw error
    }
    earlierLength = earlier?.settings[files.kind.lengthKey.rawValue]
    saved =
      earlier ?? Saved(settings: [:], state: engine.state, lossBefore: 0, answersBefore: [])
    watch = RunWatch(LossReference([0]), batch: nil)
    // The settings are the same, but for the length of the run.
    saved.settings = run.definingSettings
    isResumed = earlier != nil
    (prepared, self.plan, self.files, self.mode) = (run, plan, files, mode)
    if run.method.method == .fedkseedPro {
      seedTally = SeedTally(candidateCount: run.method.candidates)
    }
  }

  /// Takes the steps or rounds that are left, writes the files and returns the results.
  ///
  /// - Throws: ``Interrupted`` if the user wants it to stop; everything is then saved.
  package mutating func run() throws -> RunResult<Entry> {
    defer { monitor.stop() }
    try files.clear(mode, isResumed: isResumed)
    try files.write(
      SettingsFile.bytes(prepared.settings, command: files.repetition), to: files.settings)
    for line in banner { monitor.log(line) }
    try isResumed ? resume() : start()
    try openSinks()
    do { try advanceToEnd() } catch is Interrupted {
      monitor.insist(
        "stopped: \(entries.count) of \(counted(plan.length, period)) are saved"
          + (files.kind == .simulate ? " in '\(files.path)'" : "")
          + "; go on with: \(files.continuation)")
      throw Interrupted()
    }
    return try finish()
  }

  var period: String { files.kind.period }
}

// The parts of a run, in order.

extension DurableRun {
  mutating func start() throws {
    guard try mode == .replace || LineLog.lines(of: files.log).isEmpty else {
      throw RunError(
        "'\(files.log)' has \(period)s, but there is no '\(files.state)': restore that file, or start "
          + "again with '--force'")
    }
    _ = try log.cut(behind: LogLines(completeIn: []))
    try writePartition()
    let score = try score()
    (saved.lossBefore, saved.lossesBefore) = (score.lossPerExample, score.losses)
    saved.answersBefore = try answers()
    beginWatch()
    try save()
  }

  private func writePartition() throws {
    guard let path = files.partition, let partition = engine.partitionFile else { return }
    try files.write(partition.utf8, to: path)
  }

  /// Looks at what has been done before as at what is to come.
  mutating func beginWatch() {
    watch = RunWatch(
      saved.reference, batch: files.kind == .tune ? prepared.examplesPerStep : nil)
    for entry in entries {
      _ = watch.observe(entry)
      if let loss = entry.trainingLoss { monitor.recall(loss: loss) }
    }
  }

  mutating func resume() throws {
    let lines = try log.lines(first: saved.state.position)
    entries = try Entry.decode(lines, path: files.log)
    try engine.resume(at: saved.state, after: entries)
    guard entries.last?.coefficientsSha256 ?? digest == digest else {
      throw RunError(
        "\(files.state): the coefficients are not those that \(files.log) has after \(period) "
          + "\(entries.count): restore the file that was changed")
    }
    // Last: what is said above says more.
    try Saved.checkIntact(path: files.state)
    try Entry.checkIntact(lines, path: files.log)
    for entry in entries { seedTally?.add(entry.records) }
    entries = noteSaved(entries)
    try restoreFiles()
    let cut = try log.cut(behind: lines)
    if cut > 0 {
      monitor.log("note: cut \(cut) bytes of \(period)s that were not saved from '\(files.log)'")
    }
    if let earlierLength, earlierLength != "\(plan.length)" {
      monitor.log(
        "note: the run was to have \(earlierLength) \(period)s, and is to have \(plan.length) now")
    }
    monitor.log("going on after \(period) \(entries.count) of \(plan.length)")
    beginWatch()
  }

  /// Writes what the state says anew: it may be gone, or of an entry that is cut from the log.
  private func restoreFiles() throws {
    try writePartition()
    try writeModel()
  }

  mutating func advanceToEnd() throws {
    monitor.begin(
      done: position * plan.stepsPerEntry, of: plan.length * plan.stepsPerEntry)
    while position < plan.length, !hasStopped {
      do { try advance() } catch is Diverged { break }
      let hasFound = lookForDivergence()
      if hasFound || monitor.isStopRequested || position % plan.savingInterval == 0 { try save() }
      if hasFound, plan.stopsOnDivergence { break }
      try monitor.checkStop()
    }
    saved.divergence = saved.divergence ?? monitor.clientDivergence
    try save()
  }

  /// Takes one step or runs one round, measures the model if it is time, and tells of it.
  mutating func advance() throws {
    let (start, rate) = (monitor.cost.seconds, engine.learningRate)
    watchClients()
    var entry = try engine.advance()
    // The clients of a simulation count theirs.
    if files.kind == .tune { monitor.countStep(loss: entry.trainingLoss ?? .nan) }
    let isMeasured = plan.evaluationInterval.map { position % $0 == 0 } ?? false
    if isMeasured { try measure(&entry, since: start) }
    unsaved.append(entry)
    seedTally?.add(entry.records)
    try tell(of: entry, learningRate: rate)
    if isMeasured { try writeReport() }
  }

  /// Whether the held-out loss has not fallen for as many measurements as the run has patience.
  var hasStopped: Bool {
    guard let stopping = plan.stopping, (unsaved.last ?? entries.last)?.heldOutLoss != nil
    else { return false }
    let measured = allEntries.filter { $0.heldOutLoss != nil }
    let losses = [saved.lossBefore] + measured.compactMap(\.heldOutLoss)
    guard stopping.isDue(after: losses) else { return false }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    monitor.log(
      "stopped: no lower held-out loss in \(stopping.patience) "
        + "\(files.kind == .tune ? "measurements" : "rounds"); the best model is made by: "
        + files.pastModel(after: "\(best == 0 ? 0 : measured[best - 1].number + 1)"))
    return true
  }

  var allEntries: [Entry] { unsaved.isEmpty ? entries : entries + unsaved }

  /// Makes the new entries, the model and the state durable.
  mutating func save() throws {
    try log.append(unsaved.map { try $0.line() })
    entries += noteSaved(unsaved)
    // Of a run that has grown it is that of an earlier end.
    if !unsaved.isEmpty { (saved.lossAfter, saved.samples) = (nil, nil) }
    unsaved = []
    try writeModel()
    saved.state = engine.state
    saved.cost = monitor.cost
    try saved.write(path: files.state)
  }

  /// Counts the updates of entries that the log has, and lets go of them.
  private mutating func noteSaved(_ entries: [Entry]) -> [Entry] {
    updateCount += entries.reduce(0) { $0 + $1.updateCount }
    return plan.keepsUpdates ? entries : entries.map { $0.withoutUpdates }
  }

  private func writeModel() throws {
    try prepared.checkpoint(
      engine.coefficients, basis: engine.basis, steps: updateCount,
      rounds: files.kind == .simulate ? entries.count : 0
    ).write(path: files.model)
  }

  var position: Int { engine.position }

  var digest: String { engine.coefficients.digest }
}
