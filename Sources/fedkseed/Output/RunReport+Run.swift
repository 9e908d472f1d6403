internal import Datasets
internal import Federation
internal import FineTuning
internal import Kernels
internal import Profiling
internal import Reports
internal import Tensors
internal import Weights

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
      Fact("instruction set", run.base.instructionSet.rawValue),
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
    report.measurements = measurements
    report.clients = clients(of: simulation)
    return report
  }

  private var measurements: [Measurement] {
    var start = Measurement(period: 0)
    start.heldOutLoss = lossBefore
    return [start]
      + rounds.map { round in
        var point = Measurement(period: round.round + 1)
        point.heldOutLoss = round.heldOutLoss
        point.trainingLoss = round.trainingLoss
        point.clientLosses = round.participants.compactMap { client in
          client.meanLoss.map { ClientLoss(client: "\(client.client)", loss: $0) }
        }
        point.bytesUp = round.bytesUp
        point.bytesDown = round.bytesDown
        point.seconds = round.seconds
        point.privateBytes = round.peakPrivateBytes
        point.mappedBytes = round.peakMappedBytes
        return point
      }
  }

  private func clients(of simulation: Simulation) -> [Client] {
    simulation.categoryCounts.enumerated().map { id, categories in
      var client = Client(name: "\(id)")
      client.categories = categories
      client.examples = categories.values.reduce(0, +)
      for record in rounds.flatMap(\.participants) where record.client == id {
        client.bytesUp += record.traffic.bytesUp
        client.bytesDown += record.traffic.bytesDown
      }
      return client
    }
  }
}
