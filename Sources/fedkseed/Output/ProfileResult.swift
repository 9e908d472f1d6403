internal import Foundation
internal import Kernels
internal import LanguageModels
internal import Profiling
internal import Reports

/// Measured beside predicted: the output of `profile --json`.
struct ProfileResult: Encodable {
  struct Stage: Encodable {
    let categories: [String]
    let predictedBytes: Int
    let measuredBytes: Int
  }

  struct Step: Encodable {
    let seconds: Double
    let loss: Double
    let privateBytes: Int
    let mappedBytes: Int
    let majorFaults: Int
  }

  struct Rate: Encodable {
    let phase: String
    let unit: String
    let achieved: Double
    let attainable: Double

    /// The speed, and what part it is of what the machine can do.
    var text: String {
      "\(Int(achieved.rounded())) \(unit), \(Int((100 * achieved / attainable).rounded())) % of "
        + "\(Int(attainable.rounded()))"
    }
  }

  let predictedPrivateBytes: Int
  let peakPrivateBytes: Int
  let peakMappedBytes: Int
  let reservedBytes: Int
  let limitBytes: Int?
  let stages: [Stage]
  let steps: [Step]
  let secondsByPhase: [String: Double]
  let rates: [Rate]
  let gigaflopsPerSecond: Double
  let attainableGigaflops: Double
  let operationsPerByte: Double
  let memory: ProcessMemory

  init(
    _ profile: StepProfile, estimate: MemoryEstimate, limit: ByteCount?, work: StepWork,
    roofline: Roofline, threads: Int
  ) {
    predictedPrivateBytes = estimate.privateBytes
    peakPrivateBytes = profile.peakPrivateBytes
    peakMappedBytes = profile.peakMappedBytes
    reservedBytes = profile.reservedBytes
    limitBytes = limit?.bytes
    stages = profile.stages.map { stage in
      Stage(
        categories: stage.categories.map(\.rawValue),
        predictedBytes: stage.categories.reduce(0) { $0 + estimate.bytes($1) },
        measuredBytes: stage.bytes)
    }
    steps = profile.steps.map {
      Step(
        seconds: $0.seconds, loss: $0.loss, privateBytes: $0.memory.privateBytes,
        mappedBytes: $0.memory.mappedBytes, majorFaults: $0.majorFaults)
    }
    let last = profile.steps.last?.seconds ?? 0
    // Phases are sums over threads; what they leave of the wall clock is other work and waiting.
    var phases = Dictionary(
      uniqueKeysWithValues: profile.phaseSeconds.map { ($0.rawValue, $1 / Double(threads)) })
    phases["other"] = last - phases.values.reduce(0, +)
    secondsByPhase = phases
    rates = roofline.rates.map {
      Rate(
        phase: $0.phase.rawValue, unit: Roofline.unit(of: $0.phase), achieved: $0.achieved,
        attainable: $0.attainable)
    }
    gigaflopsPerSecond = work.total / last / 1e9
    attainableGigaflops = roofline.attainable
    operationsPerByte = roofline.intensity
    memory = profile.memory
  }

  func printText() {
    let bytes = { (count: Int) in Quantity.bytes.text(Double(count)) }
    Output.printTable(
      stages.map {
        (
          $0.categories.joined(separator: ", "),
          "\(bytes($0.measuredBytes)), predicted \(bytes($0.predictedBytes))"
        )
      } + [
        (
          "private, at its peak",
          "\(bytes(peakPrivateBytes)), predicted \(bytes(predictedPrivateBytes))"
        ),
        ("mapped, at its peak", bytes(peakMappedBytes)),
        (
          "reserved",
          bytes(reservedBytes)
            + (limitBytes.map { ", held by the system to \(bytes($0))" } ?? "")
        ),
      ])
    print()
    Output.printTable(
      [("last step", Quantity.seconds.text(steps.last?.seconds ?? 0))]
        + secondsByPhase.sorted { $0.value > $1.value }.map {
          ("  \($0.key)", Quantity.seconds.text($0.value) + rateText(of: $0.key))
        } + [
          ("speed", speedText),
          ("page faults", "\(memory.minorFaults) from memory, \(memory.majorFaults) from the disk"),
        ])
  }

  private func rateText(of phase: String) -> String {
    rates.first { $0.phase == phase }.map { ", \($0.text)" } ?? ""
  }

  private var speedText: String {
    "\(Int(gigaflopsPerSecond)) GFLOP/s; the roofline is at \(Int(attainableGigaflops)), with "
      + "\(Int(operationsPerByte)) operations for a byte of weights"
  }

  /// Returns the report of the run.
  func report(_ model: String, settings: [Fact]) -> RunReport {
    let bytes = { (count: Int) in Quantity.bytes.text(Double(count)) }
    var report = RunReport(title: "Profile of \(model)")
    report.summary =
      "Private memory peaked at \(bytes(peakPrivateBytes)); \(bytes(predictedPrivateBytes)) were "
      + "predicted."
      + (limitBytes.map { " The system enforced a limit of \(bytes($0))." } ?? "")
    report.commandLine = CommandLine.arguments.joined(separator: " ")
    report.period = "step"
    report.figures = [
      Figure("private memory", bytes(peakPrivateBytes), note: "at its peak"),
      Figure("predicted", bytes(predictedPrivateBytes)),
      Figure("mapped files", bytes(peakMappedBytes), note: "at their peak"),
      Figure("last step", Quantity.seconds.text(steps.last?.seconds ?? 0)),
      Figure(
        "speed", "\(Int(gigaflopsPerSecond)) GFLOP/s",
        note: "the roofline is at \(Int(attainableGigaflops))"),
    ]
    report.measurements = steps.enumerated().map { index, step in
      var point = Measurement(period: index + 1)
      point.seconds = step.seconds
      point.trainingLoss = step.loss
      point.privateBytes = step.privateBytes
      point.mappedBytes = step.mappedBytes
      return point
    }
    report.settings = settings
    report.model =
      [
        Fact("clean", bytes(memory.clean)), Fact("dirty", bytes(memory.dirty)),
        Fact("anonymous", bytes(memory.anonymous)), Fact("huge pages", bytes(memory.hugePages)),
      ]
      + stages.map {
        Fact(
          $0.categories.joined(separator: ", "),
          "\(bytes($0.measuredBytes)), predicted \(bytes($0.predictedBytes))")
      }
    report.machine =
      secondsByPhase.sorted { $0.key < $1.key }.map {
        Fact("seconds in \($0.key)", Quantity.seconds.text($0.value) + rateText(of: $0.key))
      } + [
        Fact("processor", (try? MachineDescription.current())?.cpuModel ?? "unknown"),
        Fact("OpenBLAS core type", OpenBLAS.coreName),
      ]
    return report
  }
}
