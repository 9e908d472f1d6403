internal import Datasets
internal import Federation
internal import FineTuning
internal import Kernels
internal import Profiling
internal import Reports
internal import Tensors
internal import Weights
internal import SeedDescent

extension RunReport {
  /// Starts the report of a run with what all runs have.
  init(title: String, _ run: PreparedRun, samples: [SampleAnswer]) {
    self.init(title: title)
    settings = run.settings.map { Fact($0.name, $0.text) }
    model = [
      Fact("path", run.base.store.path), Fact("format", run.base.store.format.rawValue),
      Fact("parameters", "\(run.base.store.parameters.elementCount)"),
      Fact("SHA-256", run.base.store.identity()),
    ]
    machine = [
      Fact("processor", (try? MachineDescription.current())?.cpuModel ?? "unknown"),
      Fact("instruction set", run.base.context.instructionSet.rawValue),
      Fact("threads", "\(run.threads)"), Fact("OpenBLAS", OpenBLAS.configuration),
      Fact("OpenBLAS core type", OpenBLAS.coreName),
    ]
    self.samples = samples.map {
      Sample(
        instruction: [$0.instruction, $0.context].filter { !$0.isEmpty }.joined(separator: "\n"),
        expected: $0.expected, before: $0.before, after: $0.after)
    }
  }
}

extension PreparedRun {
  /// The last part of the model's path, for headings.
  var modelName: String {
    base.store.path.split(separator: "/").last.map(String.init) ?? base.store.path
  }
}

/// The loss before and after, as short as a headline.
func lossFigure(_ before: Double, _ after: Double) -> String {
  "\(Quantity.loss.text(before)) → \(Quantity.loss.text(after))"
}

extension SimulationResult {
  /// Returns the report of the run.
  func report(_ run: PreparedRun, _ simulation: Simulation, command: String) -> RunReport {
    var report = RunReport(title: "FedKSeed on \(run.modelName)", run, samples: samples)
    report.summary = """
      Held-out loss: \(lossChange(lossBefore, lossAfter)) in \(rounds.count) rounds of \
      \(simulation.partition.clients.count) clients.
      """
    report.commandLine = command
    report.figures = [
      Figure("held-out loss, nats", lossFigure(lossBefore, lossAfter)),
      Figure(
        "up, per client and round", Quantity.bytes.text(Double(bytesUpPerClientAndRound)),
        note: "at most"),
      Figure(
        "down, per client and round", Quantity.bytes.text(Double(bytesDownPerClientAndRound)),
        note: "at most"),
      Figure("private memory", Quantity.bytes.text(Double(peakPrivateBytes)), note: "at its peak"),
      Figure("time", Quantity.seconds.text(seconds)),
    ]
    report.measurements = rounds.measurements(lossBefore: lossBefore)
    report.clients = clients(of: simulation)
    return report
  }
  private func clients(of simulation: Simulation) -> [Client] {
    simulation.categoryCounts.enumerated().map { id, categories in
      var client = Client(name: "\(id)")
      client.categories = categories
      client.examples = categories.values.reduce(0, +)
      let records = rounds.flatMap(\.participants).filter { $0.client == id }
      client.rounds = records.count
      client.bytesUp = records.reduce(0) { $0 + $1.traffic.bytesUp }
      client.bytesDown = records.reduce(0) { $0 + $1.traffic.bytesDown }
      client.firstLoss = records.first?.meanLoss
      client.lastLoss = records.last?.meanLoss
      return client
    }
  }
}

extension [SimulationResult.Round] {
  /// Returns the curves: the held-out loss before the first round, and everything after each.
  func measurements(lossBefore: Double) -> [Measurement] {
    var start = Measurement(period: 0)
    start.heldOutLoss = lossBefore
    return [start] + map(\.measurement)
  }
}

extension SimulationResult.Round {
  fileprivate var measurement: Measurement {
    var point = Measurement(period: round + 1)
    point.heldOutLoss = heldOutLoss
    point.trainingLoss = trainingLoss
    point.clientLosses = participants.compactMap { client in
      client.meanLoss.map { ClientLoss(client: "\(client.client)", loss: $0) }
    }
    point.bytesUp = bytesUp
    point.bytesDown = bytesDown
    point.seconds = seconds
    point.privateBytes = peakPrivateBytes
    point.mappedBytes = peakMappedBytes
    return point
  }
}

extension [SeedUse] {
  /// Sums up the updates of a run, candidate by candidate.
  init(_ records: some Sequence<StepRecord>, candidateCount: Int) {
    var steps = [Int](repeating: 0, count: candidateCount)
    var magnitudes = [Double](repeating: 0, count: candidateCount)
    for record in records where steps.indices.contains(record.candidate) {
      steps[record.candidate] += 1
      magnitudes[record.candidate] += Double(abs(record.increment))
    }
    self = steps.indices.map {
      SeedUse(candidate: $0, steps: steps[$0], sumOfMagnitudes: magnitudes[$0])
    }
  }
}
