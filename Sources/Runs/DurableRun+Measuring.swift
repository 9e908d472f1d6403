internal import FineTuning

// What is measured on the way, with a bar of its own.

extension DurableRun {
  mutating func measure(_ entry: inout Entry, since start: Double) throws {
    // What is measured at the end is of all examples.
    let limit = position == plan.length ? nil : plan.evaluationExamples
    let (loss, count) = try heldOutLoss(of: limit)
    var cost = monitor.cost
    cost.seconds -= start
    entry.measure(heldOutLoss: loss, examples: count, cost: cost)
  }

  /// Returns the held-out loss, measured on `limit` examples at most, and on how many if not on all.
  ///
  /// The loss of some is what all had before, and what these have changed since: so the curve has no jump
  /// where others are measured. (The difference estimator of survey sampling.)
  func heldOutLoss(of limit: Int?) throws -> (loss: Double, examples: Int?) {
    guard let limit, let before = saved.lossesBefore, limit < before.count else {
      return (try score().lossPerExample, nil)
    }
    let places = prepared.data.heldOutPlaces(limit)
    let change = zip(places, try score(of: places).losses).reduce(0) {
      $0 + $1.1 - before[$1.0]
    }
    return (saved.lossBefore + change / Double(places.count), places.count)
  }

  func score(of places: [Int]? = nil) throws -> Score {
    let places = places ?? Array(prepared.data.heldOut.indices)
    return try monitor.during("measuring", total: places.count, unit: "held-out examples") {
      try engine.score(of: places, onProgress: $0)
    }
  }

  func answers() throws -> [String] {
    let questions = SampleQuestions(prepared)
    return try monitor.during("answering", total: questions.examples.count, unit: "examples") {
      try questions.answers(at: engine.coefficients, of: engine.basis, onProgress: $0)
    }
  }
}
