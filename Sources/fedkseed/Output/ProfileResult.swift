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

    /// The speed.
    var speedText: String { "\(Int(achieved.rounded())) \(unit)" }

    /// What part it is of what the machine can do.
    ///
    /// More than all is no speed but a doubt about the calibration, and is written as one.
    var attainedText: String {
      isDoubtful
        ? "\u{2265} 100 % of \(Int(attainable.rounded()))"
        : "\(Int((100 * achieved / attainable).rounded())) % of \(Int(attainable.rounded()))"
    }

    /// Whether the machine did more than it can, as far as was measured.
    var isDoubtful: Bool { achieved > attainable }
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
    if let doubt { print("\nnote: \(doubt)") }
  }

  /// The speed of a phase, where its work is known.
  func rate(of phase: String) -> Rate? { rates.first { $0.phase == phase } }

  /// What to think of a phase that was faster than the machine.
  var doubt: String? {
    let names = rates.filter(\.isDoubtful).map(\.phase)
    guard !names.isEmpty else { return nil }
    return
      "\(names.joined(separator: ", ")) went faster than what the machine was measured to do: it was "
      + "busier then, or '--gflops' and '--bandwidth' are those of a slower one; the percentages of "
      + "the other phases are then too high as well"
  }

  private func rateText(of phase: String) -> String {
    rate(of: phase).map { ", \($0.speedText), \($0.attainedText)" } ?? ""
  }

  private var speedText: String {
    "\(Int(gigaflopsPerSecond)) GFLOP/s; the roofline is at \(Int(attainableGigaflops)), with "
      + "\(Int(operationsPerByte)) operations for a byte of weights"
  }
}
