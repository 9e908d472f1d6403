internal import Bytes
internal import Foundation
internal import Kernels
internal import Profiling
internal import Reports

extension ProfileResult {
  /// Returns the page of the run.
  ///
  /// - Parameters:
  ///   - model: The name of the model.
  ///   - settings: What a step was.
  func report(_ model: String, settings: [Fact]) -> ProfileReport {
    var report = ProfileReport(title: "Profile of \(model)")
    report.summary =
      "Private memory peaked at \(bytes(peakPrivateBytes)); \(bytes(predictedPrivateBytes)) were "
      + "predicted."
      + (limitBytes.map { " The system enforced a limit of \(bytes($0))." } ?? "")
    report.warnings = doubt.map { [$0.capitalizedFirst + "."] } ?? []
    report.date = Date()
    report.overview = overview(settings)
    report.figures = figures
    report.memory = stages.map {
      ProfileReport.Memory(
        $0.categories.joined(separator: ", "), measured: $0.measuredBytes,
        predicted: $0.predictedBytes)
    }
    report.phases = secondsByPhase.sorted { $0.value > $1.value }.map { name, seconds in
      let rate = rate(of: name)
      return ProfileReport.Phase(
        name, seconds: max(0, seconds), speed: rate?.speedText ?? "",
        attained: rate?.attainedText ?? "")
    }
    report.speedNote = speedNote
    report.measurements = measurements
    report.process = process
    report.settings = settings
    report.machine = machine
    report.commandLine = commandLine
    return report
  }

  /// The command as it was given, without what a run with a limit adds.
  private var commandLine: String {
    let arguments = CommandLine.arguments.dropFirst().prefix { $0 != "--inside-limit" }
    return (["fedkseed"] + arguments.map(shellWord)).joined(separator: " ")
  }

  private func overview(_ settings: [Fact]) -> [Fact] {
    settings.filter { ["tokens", "batch", "estimator", "basis", "candidates"].contains($0.name) }
      + [Fact("steps", "\(steps.count)"), Fact("version", "fedkseed \(FedKSeed.version)")]
  }

  private var figures: [Figure] {
    [
      Figure(
        "private memory", bytes(peakPrivateBytes),
        note: "at its peak; predicted \(bytes(predictedPrivateBytes))"),
      Figure("mapped files", bytes(peakMappedBytes), note: "at their peak; can be dropped"),
      Figure("last step", Quantity.seconds.text(steps.last?.seconds ?? 0), note: "wall clock"),
      Figure(
        "speed", "\(Int(gigaflopsPerSecond)) GFLOP/s",
        note: "the roofline is at \(Int(attainableGigaflops))"),
    ]
  }

  private var speedNote: String {
    "Wall clock. The peak is what one thread did in a measurement beside this run, times the number of "
      + "threads; threads that share a core or the memory do not get there."
  }

  private var measurements: [Reports.Measurement] {
    steps.enumerated().map { index, step in
      var point = Reports.Measurement(period: index + 1)
      point.seconds = step.seconds
      point.privateBytes = step.privateBytes
      point.mappedBytes = step.mappedBytes
      return point
    }
  }

  private var process: [Fact] {
    [
      Fact("anonymous", bytes(memory.anonymous)), Fact("dirty", bytes(memory.dirty)),
      Fact("clean", bytes(memory.clean)), Fact("huge pages", bytes(memory.hugePages)),
      Fact("reserved", bytes(reservedBytes)),
      Fact("page faults", "\(memory.minorFaults) from memory, \(memory.majorFaults) from the disk"),
    ]
  }

  private var machine: [Fact] {
    [
      Fact("processor", (try? MachineDescription.current())?.cpuModel ?? "unknown"),
      Fact("OpenBLAS core type", OpenBLAS.coreName),
      Fact("operations for a byte of weights", "\(Int(operationsPerByte))"),
    ]
  }

  private func bytes(_ count: Int) -> String { Quantity.bytes.text(Double(count)) }
}
