internal import FineTuning
internal import Reports
internal import SeedDescent

/// What tuning on one machine came to: the output of `--json`.
struct TuneResult: Encodable {
  /// One step: a line of `F.steps.jsonl`.
  struct Step: Codable {
    let step: Int
    /// The candidate that was tried first, if the step tried single ones.
    let candidate: Int?
    /// The mean loss of both sides, in nats.
    let loss: Double
    let scalarGradient: Double?
    /// What the coefficients grew by; none if the step was skipped.
    let updates: StepUpdate
    /// The held-out loss after the step, in nats, where it was measured.
    var heldOutLoss: Double?

    init(_ step: SeedDescent.Step) {
      self.step = step.number
      candidate = step.candidate
      loss = step.losses.mean
      scalarGradient = step.scalarGradient
      updates = step.update
    }
  }

  let settings: SettingsObject
  let steps: [Step]
  let skippedSteps: Int
  let lossBefore: Double
  let lossAfter: Double
  // Nothing is sent by one machine alone.
  let bytesUp = 0
  let bytesDown = 0
  let peakPrivateBytes: Int
  let peakMappedBytes: Int
  let seconds: Double
  let samples: [SampleAnswer]
  let kseed: String

  init(
    _ run: PreparedRun, lossBefore: Double, lossAfter: Double, steps: [Step],
    samples: [SampleAnswer], cost: RunCost, kseed: String
  ) {
    settings = SettingsObject(settings: run.settings)
    self.steps = steps
    skippedSteps = steps.count { $0.updates.isEmpty }
    self.lossBefore = lossBefore
    self.lossAfter = lossAfter
    peakPrivateBytes = cost.peakPrivateBytes
    peakMappedBytes = cost.peakMappedBytes
    seconds = cost.seconds
    self.samples = samples
    self.kseed = kseed
  }

  /// Prints what a person wants to know on standard output.
  func printSummary() {
    Output.printTable([
      ("held-out loss", lossChange(lossBefore, lossAfter)),
      ("steps", "\(steps.count), \(skippedSteps) skipped"),
      ("peak memory", memoryText(peakPrivateBytes, peakMappedBytes)),
      ("time", Quantity.seconds.text(seconds)), ("seed checkpoint", kseed),
    ])
    samples.printText()
  }

  /// Returns the report of the run.
  func report(_ run: PreparedRun, command: String) -> RunReport {
    var report = RunReport(title: "Tuning \(run.modelName)", run, samples: samples)
    report.summary =
      "Held-out loss: \(lossChange(lossBefore, lossAfter)) in \(steps.count) steps."
    report.commandLine = command
    report.period = "step"
    report.figures = [
      Figure("held-out loss, nats", lossFigure(lossBefore, lossAfter)),
      Figure("private memory", Quantity.bytes.text(Double(peakPrivateBytes)), note: "at its peak"),
      Figure("time", Quantity.seconds.text(seconds)),
    ]
    report.measurements = steps.measurements(lossBefore: lossBefore, lossAfter: lossAfter)
    report.seeds = [SeedUse](
      steps.flatMap(\.updates.records), candidateCount: run.method.candidates)
    return report
  }
}

extension [TuneResult.Step] {
  /// Returns the curve: the mean loss of consecutive steps, and the held-out loss at both ends.
  ///
  /// - Parameter lossAfter: `nil` if the run is not finished.
  func measurements(lossBefore: Double, lossAfter: Double?) -> [Measurement] {
    // More points would not be seen.
    let pointLimit = 200
    let width = Swift.max(1, (count + pointLimit - 1) / pointLimit)
    var start = Measurement(period: 0)
    start.heldOutLoss = lossBefore
    var points = [start]
    for first in stride(from: 0, to: count, by: width) {
      let group = self[first..<Swift.min(first + width, count)]
      var point = Measurement(period: group.endIndex)
      point.trainingLoss = group.reduce(0) { $0 + $1.loss } / Double(group.count)
      point.heldOutLoss = group.last?.heldOutLoss
      points.append(point)
    }
    if count > 0 { points[points.count - 1].heldOutLoss = lossAfter }
    return points
  }
}
