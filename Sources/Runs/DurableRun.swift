internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedBasis
package import SeedDescent

/// How long a run is, and what is done between its entries.
package struct RunPlan: Sendable {
  /// The number of steps or rounds.
  package let length: Int
  /// The number of entries from one saved state to the next.
  package var savingInterval = 1
  /// The number of entries from one held-out loss to the next, if any.
  package var evaluationInterval: Int?
  /// When these losses end the run.
  package var stopping: EarlyStopping?
  /// The number of training steps in an entry, for the progress.
  package var stepsPerEntry = 1
  /// Whether there is to be a page to look at.
  package var writesReport = true

  /// Creates the plan of a run of that length.
  package init(length: Int) { self.length = length }
}

/// A run from its first step or round, or from the last one saved, to the files it leaves.
///
/// Behind an entry come its line of the log, the seed checkpoint and the state, each durable before the
/// next. The state says how many lines of the log count. So a kill at any moment costs what was not
/// saved, and nothing else.
package struct DurableRun<Engine: RunEngine> {
  package typealias Entry = Engine.Entry
  private typealias Saved = SavedRun<Engine.State>

  private let prepared: PreparedRun
  private let plan: RunPlan
  private let files: RunFiles
  private let mode: RunFiles.Mode
  private let monitor: RunMonitor
  private let log: LineLog
  private let isResumed: Bool

  private var engine: Engine
  private var saved: Saved
  /// The entries that are saved.
  private var entries: [Entry] = []
  private var hasWarned = false

  /// Finds the place of the run that is there, if it is to be resumed, and locks the log.
  ///
  /// - Parameters:
  ///   - wantsStop: Whether the user wants the run to stop; asked between steps, from any thread.
  ///   - makeEngine: Returns the engine at its start; it may count its steps at the monitor.
  /// - Throws: ``RunError`` if the state there is damaged or of other settings.
  package init(
    _ run: PreparedRun, _ plan: RunPlan, in files: RunFiles, mode: RunFiles.Mode,
    wantsStop: @escaping @Sendable () -> Bool, makeEngine: (RunMonitor) throws -> Engine
  ) throws {
    let earlier = mode == .resume && files.hasState ? try Saved.read(path: files.state) : nil
    try earlier?.check(run, growing: files.kind.lengthKey)
    let left = max(0, plan.length - (earlier?.state.position ?? 0))
    monitor = RunMonitor(
      steps: left * plan.stepsPerEntry, after: earlier?.cost ?? RunCost(), wantsStop: wantsStop)
    engine = try makeEngine(monitor)
    saved =
      earlier ?? Saved(settings: [:], state: engine.state, lossBefore: 0, answersBefore: [])
    // The settings are the same, but for the length of the run.
    saved.settings = run.definingSettings
    log = try LineLog(path: files.log)
    isResumed = earlier != nil
    (prepared, self.plan, self.files, self.mode) = (run, plan, files, mode)
  }

  /// Takes the steps or rounds that are left, writes the files and returns the results.
  ///
  /// - Throws: ``Interrupted`` if the user wants it to stop; everything is then saved.
  package mutating func run() throws -> RunResult<Entry> {
    defer { monitor.stop() }
    try files.clear(mode, isResumed: isResumed)
    try files.write(
      SettingsFile.bytes(prepared.settings, command: files.repetition), to: files.settings)
    try isResumed ? resume() : start()
    do { try advanceToEnd() } catch is Interrupted {
      monitor.stop()
      monitor.log(
        "stopped: \(entries.count) of \(plan.length) \(period)s are saved"
          + (files.kind == .simulate ? " in '\(files.path)'" : "")
          + "; go on with: \(files.continuation)")
      throw Interrupted()
    }
    return try finish()
  }

  private var period: String { files.kind.period }
}

// The parts of a run, in order.

extension DurableRun {
  private mutating func start() throws {
    guard try mode == .replace || LineLog.lines(of: files.log).isEmpty else {
      throw RunError(
        "'\(files.log)' has \(period)s, but there is no '\(files.state)': restore that file, or start "
          + "again with '--force'")
    }
    _ = try log.cut(behind: [])
    if let path = files.partition, let partition = engine.partitionFile {
      try files.write(partition.utf8, to: path)
    }
    saved.lossBefore = try engine.score().lossPerExample
    saved.answersBefore = try answers()
    try save([])
  }

  private mutating func resume() throws {
    let lines = try log.lines(first: saved.state.position)
    entries = try Entry.decode(lines, path: files.log)
    try engine.resume(at: saved.state, after: entries)
    guard entries.last?.coefficientsSha256 ?? digest == digest else {
      throw RunError(
        "\(files.state): the coefficients are not those that \(files.log) has after \(period) "
          + "\(entries.count): restore the file that was changed")
    }
    let cut = try log.cut(behind: lines)
    if cut > 0 {
      monitor.log("note: cut \(cut) bytes of \(period)s that were not saved from '\(files.log)'")
    }
    monitor.log("going on after \(period) \(entries.count) of \(plan.length)")
  }

  private mutating func advanceToEnd() throws {
    var unsaved: [Entry] = []
    while position < plan.length, !hasStopped(after: unsaved) {
      unsaved.append(try advance())
      guard monitor.isStopRequested || position % plan.savingInterval == 0 else { continue }
      try save(unsaved)
      for entry in unsaved { entry.line(of: plan.length).map(monitor.log) }
      unsaved = []
      warnOfDivergence()
      try monitor.checkStop()
    }
    try save(unsaved)
  }

  /// Takes one step or runs one round, and measures the model if it is time.
  private mutating func advance() throws -> Entry {
    let start = monitor.cost.seconds
    var entry = try engine.advance()
    if let interval = plan.evaluationInterval, position % interval == 0 {
      let loss = try engine.score().lossPerExample
      var cost = monitor.cost
      cost.seconds -= start
      entry.measure(heldOutLoss: loss, cost: cost)
    }
    // The clients of a simulation count theirs.
    if files.kind == .tune { monitor.countStep() }
    return entry
  }

  /// Whether the held-out loss has not fallen for as many measurements as the run has patience.
  private func hasStopped(after unsaved: [Entry]) -> Bool {
    guard let stopping = plan.stopping, (unsaved.last ?? entries.last)?.heldOutLoss != nil
    else { return false }
    let measured = (entries + unsaved).filter { $0.heldOutLoss != nil }
    let losses = [saved.lossBefore] + measured.compactMap(\.heldOutLoss)
    guard stopping.isDue(after: losses) else { return false }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    monitor.log(
      "stopped: no lower held-out loss in \(stopping.patience) "
        + "\(files.kind == .tune ? "measurements" : "rounds"); the best model is made by: "
        + files.pastModel(after: "\(best == 0 ? 0 : measured[best - 1].number + 1)"))
    return true
  }

  /// Says once that the run has left its way: what follows costs time and teaches nothing.
  private mutating func warnOfDivergence() {
    guard !hasWarned,
      let found = Divergence(losses: entries.flatMap(\.stepLosses), untuned: saved.lossBefore)
    else { return }
    hasWarned = true
    let losses = [found.last, found.first].map { String(format: "%.3f", $0) }
    monitor.log(
      "warning: the mean loss of the last \(Divergence.window) steps, \(losses[0]) nats, is more than "
        + "twice that of the start, \(losses[1]): the run diverges. Stop it with Ctrl-C and take a "
        + "smaller --lr or a --scalar-clip; an earlier model is made by: \(files.pastModel(after: "N"))"
    )
  }

  /// Makes the new entries, the model and the state durable.
  private mutating func save(_ unsaved: [Entry]) throws {
    try log.append(unsaved.map { try RunJSON.encode($0, isCompact: true) })
    entries += unsaved
    // Of a run that has grown it is that of an earlier end.
    if !unsaved.isEmpty { saved.lossAfter = nil }
    try prepared.checkpoint(
      engine.coefficients, basis: engine.basis, steps: entries.reduce(0) { $0 + $1.updateCount },
      rounds: files.kind == .simulate ? entries.count : 0
    ).write(path: files.model)
    saved.state = engine.state
    saved.cost = monitor.cost
    try saved.write(path: files.state)
  }

  private mutating func finish() throws -> RunResult<Entry> {
    let lossAfter = try entries.last?.heldOutLoss ?? engine.score().lossPerExample
    // A simulation's last round says it.
    if files.kind == .tune { saved.lossAfter = lossAfter }
    try save([])
    let result = RunResult(
      settings: prepared.settings, entries: entries, lossBefore: saved.lossBefore,
      lossAfter: lossAfter, cost: monitor.cost,
      samples: prepared.samples(before: saved.answersBefore, after: try answers()),
      kseed: files.model)
    try write(result)
    return result
  }

  private func write(_ result: RunResult<Entry>) throws {
    if let path = files.results { try files.write(RunJSON.encode(result), to: path) }
    guard plan.writesReport else { return }
    var report = RunReport(result, of: prepared, command: files.repetition)
    engine.describe(result, of: prepared.modelName, in: &report)
    if let path = files.measurements { try files.write(report.csv().utf8, to: path) }
    try files.write(report.html().utf8, to: files.report)
  }

  private func answers() throws -> [String] {
    try prepared.sampleAnswers(at: engine.coefficients, of: engine.basis)
  }

  private var position: Int { engine.position }

  private var digest: String { engine.coefficients.digest }
}
