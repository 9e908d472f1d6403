internal import Bytes
internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedBasis
internal import Weights
internal import SeedDescent

/// A run of `tune` from its first step, or from the last one saved, to the files it leaves.
///
/// As in ``FederatedRun``, the state says how many lines of the log count.
struct TuneRun {
  private typealias Saved = SavedRun<TuningState>

  private let run: PreparedRun
  private let stepCount: Int
  private let interval: Int
  private let evaluationInterval: Int?
  private let stopping: EarlyStopping?
  private let files: TuneFiles
  private let interruption: Interruption
  private let monitor: RunMonitor
  private let log: LineLog

  private var tuning: Tuning
  private var saved: Saved
  private var steps: [TuneResult.Step] = []
  private var hasWarned = false

  /// Prepares a run, or finds the place of the one that is there.
  ///
  /// - Parameters:
  ///   - stepCount: The number of steps.
  ///   - interval: The number of steps from one saved state to the next.
  ///   - evaluationInterval: The number of steps from one held-out loss to the next, if any.
  ///   - stopping: When these losses end the run.
  ///   - isResumed: Whether to go on with the run that the files have.
  /// - Throws: ``InputError`` if the files of the run there do not fit each other or the settings.
  init(
    _ run: PreparedRun, stepCount: Int, savingEvery interval: Int,
    evaluatingEvery evaluationInterval: Int?, stopping: EarlyStopping?, files: TuneFiles,
    isResumed: Bool, interruption: Interruption
  ) throws {
    let exists = FileManager.default.fileExists(atPath: files.state)
    let earlier = try isResumed && exists ? Saved.read(path: files.state) : nil
    try earlier?.check(run, growing: "steps")
    tuning = try Tuning(base: run.base, data: run.data, settings: run.method, steps: stepCount)
    let settings = run.definingSettings
    saved =
      earlier ?? Saved(settings: settings, state: tuning.state, lossBefore: 0, answersBefore: [])
    // The settings are the same, but for the length of the run.
    saved.settings = settings
    monitor = RunMonitor(
      steps: max(0, stepCount - saved.state.step), after: earlier?.cost ?? RunCost())
    log = try LineLog(path: files.steps)
    self.run = run
    self.stepCount = stepCount
    self.interval = interval
    self.evaluationInterval = evaluationInterval
    self.stopping = stopping
    self.files = files
    self.interruption = interruption
    if earlier == nil, exists { try FileManager.default.removeItem(atPath: files.state) }
    try AtomicFile.write(SettingsFile.bytes(run.settings, command: command), to: files.settings)
    try earlier == nil ? start() : resume()
  }

  private mutating func start() throws {
    _ = try log.keep(0)
    saved.lossBefore = try tuning.score().lossPerExample
    saved.answersBefore = try answers()
    try save([])
  }

  private mutating func resume() throws {
    let (lines, cut) = try log.keep(saved.state.step)
    steps = try TuneResult.Step.decode(lines, path: files.steps)
    if cut > 0 {
      Output.log("note: cut \(cut) bytes of steps that were not saved from '\(files.steps)'")
    }
    Output.log("going on after step \(steps.count) of \(stepCount)")
    try tuning.resume(at: saved.state, after: steps.map(\.updates))
  }

  /// Takes the steps that are left, writes the files and returns the results.
  ///
  /// - Parameter writesReport: Whether there is to be a page to look at.
  /// - Throws: ``Interrupted`` if the user wants it to stop; everything is then saved.
  mutating func result(writesReport: Bool) throws -> TuneResult {
    defer { monitor.stop() }
    var unsaved: [TuneResult.Step] = []
    while tuning.stepCount < stepCount, !hasStopped(after: unsaved) {
      unsaved.append(try step())
      monitor.countStep()
      if interruption.isRequested || tuning.stepCount % interval == 0 {
        try save(unsaved)
        unsaved = []
        warnOfDivergence()
        try checkInterruption()
      }
    }
    try save(unsaved)
    let lossAfter = try tuning.score().lossPerExample
    saved.lossAfter = lossAfter
    try save([])
    let result = TuneResult(
      run, lossBefore: saved.lossBefore, lossAfter: lossAfter,
      steps: steps, samples: run.samples(before: saved.answersBefore, after: try answers()),
      cost: monitor.cost, kseed: files.model)
    if writesReport {
      let html = result.report(run, command: command).html()
      try AtomicFile.write(Array(html.utf8), to: files.report)
    }
    return result
  }

  private mutating func step() throws -> TuneResult.Step {
    var step = TuneResult.Step(try tuning.step())
    if let evaluationInterval, tuning.stepCount % evaluationInterval == 0 {
      step.heldOutLoss = try tuning.score().lossPerExample
    }
    return step
  }

  private func hasStopped(after unsaved: [TuneResult.Step]) -> Bool {
    guard let stopping, (unsaved.last ?? steps.last)?.heldOutLoss != nil else { return false }
    return stopping.isDue(
      after: [saved.lossBefore] + (steps + unsaved).compactMap(\.heldOutLoss))
  }

  /// Says once that the run has left its way: what follows costs time and teaches nothing.
  private mutating func warnOfDivergence() {
    guard !hasWarned,
      let found = Divergence(losses: steps.map(\.loss), untuned: saved.lossBefore)
    else { return }
    hasWarned = true
    let losses = [found.last, found.first].map { String(format: "%.3f", $0) }
    monitor.log(
      "warning: the mean loss of the last \(Divergence.window) steps, \(losses[0]) nats, is more than "
        + "twice that of the start, \(losses[1]): the run diverges. Stop it with Ctrl-C and take a "
        + "smaller --lr or a --scalar-clip; 'fedkseed kseed at --step N' makes an earlier model")
  }

  private func checkInterruption() throws {
    guard interruption.isRequested else { return }
    monitor.stop()
    Output.log(
      "stopped: \(steps.count) of \(stepCount) steps are saved; go on with: fedkseed tune --resume "
        + files.model)
    throw Interrupted()
  }

  private func answers() throws -> [String] {
    try run.sampleAnswers(at: tuning.coefficients, of: tuning.basis)
  }

  /// Makes the new steps, the model and the state durable.
  private mutating func save(_ unsaved: [TuneResult.Step]) throws {
    try log.append(unsaved.map { try Output.json($0, isCompact: true) })
    steps += unsaved
    try run.checkpoint(
      tuning.coefficients, basis: tuning.basis,
      steps: steps.count { !$0.updates.isEmpty }, rounds: 0
    ).write(path: files.model)
    saved.state = tuning.state
    saved.cost = monitor.cost
    try saved.write(path: files.state)
  }

  private var command: String { "fedkseed tune --config \(files.settings) --out FILE" }
}
