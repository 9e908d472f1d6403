import FineTuning
import SeedBasis
import Testing
import ZerothOrder

@Suite("Tuning on one machine")
struct TuningTests {
  private func run(
    _ settings: TuningSettings, steps: Int, threads: Int = 2,
    onStep: (StepProgress) throws -> Void = { _ in }
  ) throws -> Tuning.Result {
    let base = try BaseModel.tiny(threads: threads)
    let data = try Tasks.data(base, settings: settings)
    return try Tuning(base: base, data: data, settings: settings).run(steps: steps, onStep: onStep)
  }

  @Test(
    "coefficients and scores have the same bits for every number of threads",
    arguments: [BasisKind.hadamard, .gaussian], [1, 3, 8])
  func threads(kind: BasisKind, count: Int) throws {
    let (two, other) = (
      try run(.small(kind), steps: 12), try run(.small(kind), steps: 12, threads: count)
    )
    #expect(two.coefficients == other.coefficients)
    #expect(two.history == other.history)
    #expect(two.after == other.after)
    #expect(two.after != two.before)
  }

  @Test("the held-out loss falls", arguments: BasisKind.allCases)
  func learning(kind: BasisKind) throws {
    let result = try run(.small(kind), steps: 150)
    #expect(result.after.lossPerExample < 0.8 * result.before.lossPerExample)
    #expect(result.history.records.count + result.history.skippedCount == 150)
  }

  @Test("the coefficients are the sums of the recorded increments")
  func records() throws {
    var steps: [Int] = []
    let result = try run(.small(), steps: 40) { steps.append($0.step) }
    var sums = Coefficients(candidateCount: 64)
    for record in result.history.records {
      try sums.add(Double(record.increment), to: record.candidate)
    }
    #expect(sums == result.coefficients)
    #expect(steps == Array(0..<40))
  }

  @Test("no steps change nothing, and a seed of its own makes a run of its own")
  func noSteps() throws {
    let result = try run(.small(), steps: 0)
    #expect(result.coefficients == Coefficients(candidateCount: 64))
    #expect(result.before == result.after)
    var other = TuningSettings.small()
    other.seed = 4
    #expect(try run(other, steps: 3).coefficients != run(.small(), steps: 3).coefficients)
  }

  @Test("settings outside their range are refused by name")
  func settings() throws {
    let wrong: [(String, (inout TuningSettings) -> Void)] = [
      ("learningRate", { $0.learningRate = 0 }), ("epsilon", { $0.epsilon = .nan }),
      ("lossDifferenceLimit", { $0.lossDifferenceLimit = -1 }), ("batch", { $0.batch = 0 }),
      ("lengthLimit", { $0.lengthLimit = 1 }), ("heldOut", { $0.heldOut = 0 }),
    ]
    for (field, change) in wrong {
      var settings = TuningSettings.small()
      change(&settings)
      let error = #expect(throws: SettingsError.self) { try settings.validate() }
      #expect(error?.field == field)
    }
  }

  @Test("the natural mode is virtual for hadamard only", arguments: BasisKind.allCases)
  func naturalMode(kind: BasisKind) {
    #expect(TuningSettings.small(kind).effectiveMode == (kind == .hadamard ? .virtual : .dense))
    #expect(TuningSettings.small(kind, mode: .virtual).effectiveMode == .virtual)
  }
}
