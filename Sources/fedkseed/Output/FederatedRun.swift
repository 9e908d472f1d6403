internal import Datasets
internal import Federation
internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedBasis
internal import SeedDescent

/// A simulated federation from its first round, or from the last one saved, to the files it leaves.
///
/// Behind a round come its line of the log, the seed checkpoint and the state, each durable before the
/// next. The state says how many lines of the log count. So a kill at any moment costs the round it falls
/// into, and nothing else.
struct FederatedRun {
  private typealias Saved = SavedRun<SimulationState>

  private let run: PreparedRun
  private let federation: SimulationSettings
  private let folder: OutputFolder
  private let interruption: Interruption
  private let monitor: RunMonitor
  private let log: LineLog

  private var simulation: Simulation
  private var saved: Saved
  private var rounds: [SimulationResult.Round] = []
  private var records: [StepRecord] = []

  /// Prepares a run in `folder`, or finds the place of the one that is there.
  ///
  /// - Parameter stepCount: The number of steps of all rounds and clients, for the progress.
  /// - Throws: ``InputError`` if the files of the run there do not fit each other or the settings.
  init(
    _ run: PreparedRun, _ federation: SimulationSettings, stepCount: Int, in folder: OutputFolder,
    interruption: Interruption
  ) throws {
    let isResumed = folder.mode == .resume && folder.has(.state)
    let earlier = try isResumed ? Saved.read(path: folder.file(.state)) : nil
    try earlier?.check(run, growing: "rounds")
    let roundsLeft = max(0, federation.rounds - (earlier?.state.server.round ?? 0))
    let monitor = RunMonitor(
      steps: stepCount / federation.rounds * roundsLeft, after: earlier?.cost ?? RunCost())
    simulation = try Simulation(
      base: run.base, data: run.data, settings: run.method, federation: federation,
      digest: SettingsDigest(of: run.definingSettings),
      onStep: { _ in
        monitor.countStep()
        try interruption.check()
      })
    let settings = run.definingSettings
    saved =
      earlier
      ?? Saved(settings: settings, state: simulation.state, lossBefore: 0, answersBefore: [])
    // The settings are the same, but for the length of the run.
    saved.settings = settings
    log = try LineLog(path: folder.file(.rounds))
    self.run = run
    self.federation = federation
    self.folder = folder
    self.interruption = interruption
    self.monitor = monitor
    try folder.clear()
    try folder.write(SettingsFile.bytes(run.settings, command: command), to: .settings)
    try earlier == nil ? start() : resume()
  }

  private mutating func start() throws {
    let isEmpty = try LineLog.lines(of: folder.file(.rounds)).isEmpty
    guard isEmpty || folder.mode == .replace else {
      throw InputError(
        "'\(folder.path)' has rounds, but no \(RunFile.state.rawValue): restore that file, or start "
          + "again with '--force'")
    }
    _ = try log.keep(0)
    try folder.write(simulation.partition.json.utf8, to: .partition)
    saved.lossBefore = try simulation.score().lossPerExample
    saved.answersBefore = try answers()
    try save()
  }

  private mutating func resume() throws {
    try simulation.resume(at: saved.state)
    let path = folder.file(.rounds)
    let (lines, cut) = try log.keep(simulation.round)
    let logged = try LoggedRound.decode(lines, path: path)
    guard logged.last.map({ $0.coefficientsSha256 == simulation.coefficients.digest }) ?? true
    else {
      throw InputError(
        "\(folder.file(.state)): the coefficients are not those that \(path) has after round "
          + "\(logged.count): restore the file that was changed")
    }
    rounds = logged.map(\.summary)
    records = logged.flatMap { $0.updates.flatMap(\.update.records) }
    if cut > 0 {
      Output.log("note: cut \(cut) bytes of a round that was not finished from '\(path)'")
    }
    Output.log("going on after round \(simulation.round) of \(federation.rounds)")
  }

  /// Runs the rounds that are left, writes the files and returns the results.
  ///
  /// - Throws: ``Interrupted`` if the user wants it to stop; everything is then saved.
  mutating func result() throws -> SimulationResult {
    defer { monitor.stop() }
    do {
      while simulation.round < federation.rounds, try !hasStopped() {
        try runRound()
        try interruption.check()
      }
    } catch is Interrupted {
      monitor.stop()
      Output.log(
        "stopped: \(rounds.count) of \(federation.rounds) rounds are saved in '\(folder.path)'; "
          + "go on with: fedkseed simulate --resume \(folder.path)")
      throw Interrupted()
    }
    let result = SimulationResult(
      run, lossBefore: saved.lossBefore, rounds: rounds,
      samples: run.samples(before: saved.answersBefore, after: try answers()), cost: monitor.cost,
      kseed: folder.file(.model))
    try write(result)
    return result
  }

  /// Whether the held-out loss has not fallen for as many rounds as the run has patience.
  private func hasStopped() throws -> Bool {
    guard let patience = federation.patience else { return false }
    let losses = [saved.lossBefore] + rounds.map(\.heldOutLoss)
    guard try EarlyStopping(patience: patience).isDue(after: losses) else { return false }
    let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
    monitor.log(
      "stopped: no lower held-out loss in \(patience) rounds; 'fedkseed kseed at --round \(best)' "
        + "makes the best model")
    return true
  }

  private func answers() throws -> [String] {
    try run.sampleAnswers(at: simulation.coefficients, of: simulation.basis)
  }

  private mutating func runRound() throws {
    let start = monitor.cost.seconds
    let record = try simulation.runRound()
    let loss = try simulation.score().lossPerExample
    var cost = monitor.cost
    cost.seconds -= start
    let round = SimulationResult.Round(record, heldOutLoss: loss, cost: cost)
    rounds.append(round)
    records += record.updates.flatMap(\.update.records)
    let line = LoggedRound(
      round, record.updates, coefficientsSha256: simulation.coefficients.digest)
    try log.append([Output.json(line, isCompact: true)])
    try save()
    monitor.log(round.line(of: federation.rounds))
  }

  /// Makes the model and the state durable.
  private mutating func save() throws {
    try run.checkpoint(
      simulation.coefficients, basis: simulation.basis,
      steps: rounds.reduce(0) { $0 + $1.steps }, rounds: rounds.count
    ).write(path: folder.file(.model))
    saved.state = simulation.state
    saved.cost = monitor.cost
    try saved.write(path: folder.file(.state))
  }

  private mutating func write(_ result: SimulationResult) throws {
    try save()
    try folder.write(Output.json(result), to: .results)
    var report = result.report(run, simulation, command: command)
    report.seeds = [SeedUse](records, candidateCount: run.method.candidates)
    try folder.write(report.csv().utf8, to: .measurements)
    try folder.write(report.html().utf8, to: .report)
  }

  private var command: String {
    "fedkseed simulate --config \(folder.file(.settings)) --out DIR"
  }
}
