internal import Datasets
internal import Federation
internal import FineTuning
internal import Reports
internal import SeedBasis

/// A simulated federation from its first round to the files it leaves.
struct FederatedRun {
  private let run: PreparedRun
  private let federation: SimulationSettings
  private let stepCount: Int

  /// Creates a run.
  ///
  /// - Parameter stepCount: The number of steps of all rounds and clients, for the progress.
  init(_ run: PreparedRun, _ federation: SimulationSettings, stepCount: Int) {
    self.run = run
    self.federation = federation
    self.stepCount = stepCount
  }

  /// Runs all rounds, writes the files and returns the results.
  func result(in folder: OutputFolder) throws -> SimulationResult {
    let monitor = RunMonitor(steps: stepCount)
    defer { monitor.stop() }
    var simulation = try Simulation(
      base: run.base, data: run.data, settings: run.method, federation: federation,
      digest: SettingsDigest(of: run.definingSettings), onStep: { _ in monitor.countStep() })
    let before = try simulation.score()
    let answersBefore = try answers(of: simulation)
    let rounds = try (0..<federation.rounds).map { _ in
      try round(of: &simulation, monitor: monitor)
    }
    let answersAfter = try answers(of: simulation)
    monitor.stop()
    let result = SimulationResult(
      run, simulation, lossBefore: before.lossPerExample, rounds: rounds,
      samples: run.samples(before: answersBefore, after: answersAfter), monitor: monitor,
      kseed: folder.file("model.kseed"))
    try write(result, simulation, to: folder)
    return result
  }

  private func answers(of simulation: Simulation) throws -> [String] {
    try run.sampleAnswers(at: simulation.coefficients, of: simulation.basis)
  }

  private func round(
    of simulation: inout Simulation, monitor: RunMonitor
  ) throws -> SimulationResult.Round {
    let start = monitor.seconds
    let record = try simulation.runRound()
    let loss = try simulation.score().lossPerExample
    let round = SimulationResult.Round(
      record, heldOutLoss: loss, seconds: monitor.seconds - start, memory: monitor.memory)
    monitor.log(round.line(of: federation.rounds))
    return round
  }

  private func write(
    _ result: SimulationResult, _ simulation: Simulation, to folder: OutputFolder
  ) throws {
    let command = "fedkseed simulate --config \(folder.file("settings.yaml")) --out DIR"
    try run.checkpoint(
      simulation.coefficients, basis: simulation.basis, steps: result.steps,
      rounds: result.rounds.count
    ).write(path: folder.file("model.kseed"))
    try folder.write(SettingsFile.bytes(run.settings, command: command), to: "settings.yaml")
    try folder.write(simulation.partition.json.utf8, to: "partition.json")
    let lines = try result.rounds.flatMap { try Output.json($0, isCompact: true) + [10] }
    try folder.write(lines, to: "rounds.jsonl")
    try folder.write(Output.json(result), to: "results.json")
    let report = result.report(run, simulation, command: command)
    try folder.write(report.html().utf8, to: "report.html")
  }
}
