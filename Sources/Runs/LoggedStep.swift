package import Federation
package import Reports
package import SeedDescent

/// A line of `F.steps.jsonl`: a step of `tune`.
package struct LoggedStep: LogEntry {
  package let step: Int
  /// The candidate that was tried first, if the step tried single ones.
  package let candidate: Int?
  /// The mean loss of both sides, in nats.
  package let loss: Double
  package let scalarGradient: Double?
  /// What the coefficients grew by; none if the step was skipped, or it is forgotten.
  package private(set) var updates: StepUpdate
  package private(set) var heldOutLoss: Double?
  /// The number of examples it was measured on, if not on all; the others then count with the same
  /// change.
  package private(set) var heldOutExamples: Int?
  /// Whether the step moved the model by what is forgotten since.
  private var hasForgotten = false

  private enum CodingKeys: CodingKey {
    case step, candidate, loss, scalarGradient, updates, heldOutLoss, heldOutExamples
  }

  init(_ step: Step) {
    self.step = step.number
    candidate = step.candidate
    loss = step.losses.mean
    scalarGradient = step.scalarGradient
    updates = step.update
  }
}

extension LoggedStep {
  package static var kind: RunKind { .tune }
  package var number: Int { step }
  package var trainingLoss: Double? { loss }
  package var traffic: Traffic { Traffic(bytesDown: 0, bytesUp: 0) }
  package var participation: String { "" }
  package var updateCount: Int { updates.isEmpty && !hasForgotten ? 0 : 1 }
  package var records: [StepRecord] { updates.records }
  package var coefficientsSha256: String? { nil }
  package var isConsistent: Bool { true }

  package var withoutUpdates: LoggedStep {
    var step = self
    (step.hasForgotten, step.updates) = (updateCount > 0, .none)
    return step
  }

  package mutating func measure(heldOutLoss: Double, examples: Int?, cost: RunCost) {
    self.heldOutLoss = heldOutLoss
    heldOutExamples = examples
  }

  package func replay(_ replay: inout Replay) throws { try replay.model.coefficients.add(updates) }

  /// The part of the results that only `tune` has.
  package struct Summary: Encodable {
    let steps: [LoggedStep]
    package let skippedSteps: Int
    // Nothing is sent by one machine alone.
    let bytesUp = 0
    let bytesDown = 0
  }

  package static func summary(of entries: [LoggedStep]) -> Summary {
    Summary(steps: entries, skippedSteps: entries.count { $0.updateCount == 0 })
  }

  /// Returns the curve: the loss of each step, and the held-out loss at both ends and where it was
  /// measured.
  package static func measurements(
    of entries: [LoggedStep], lossBefore: Double, lossAfter: Double?
  ) -> [Measurement] {
    var points = [Measurement(period: 0)]
    points[0].heldOutLoss = lossBefore
    points += entries.map { entry in
      var point = Measurement(period: entry.step + 1)
      point.trainingLoss = entry.loss
      point.heldOutLoss = entry.heldOutLoss
      point.heldOutExamples = entry.heldOutExamples
      return point
    }
    if let lossAfter, !entries.isEmpty { points[points.count - 1].heldOutLoss = lossAfter }
    return points
  }
}
