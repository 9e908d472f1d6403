import FineTuning
import Foundation
import SeedBasis
import Settings
import Testing
import SeedDescent

@Suite("Tuning on one machine")
struct TuningTests {
  /// What a run came to.
  private struct End {
    let coefficients: Coefficients
    let steps: [Step]
    let before, after: Score
  }

  private func tuning(_ settings: TuningSettings, threads: Int = 2) throws -> Tuning {
    let base = try LoadedModel.tiny(threads: threads)
    let data = try Tasks.data(base, settings: settings)
    return try Tuning(base: base, data: data, settings: settings, steps: 200)
  }

  private func run(_ settings: TuningSettings, steps: Int, threads: Int = 2) throws -> End {
    var tuning = try tuning(settings, threads: threads)
    let before = try tuning.score()
    let steps = try (0..<steps).map { _ in try tuning.step() }
    return End(
      coefficients: tuning.coefficients, steps: steps, before: before, after: try tuning.score())
  }

  @Test(
    "coefficients and scores have the same bits for every number of threads",
    arguments: [BasisKind.hadamard, .gaussian], [1, 3, 8])
  func threads(kind: BasisKind, count: Int) throws {
    let (two, other) = (
      try run(.small(kind), steps: 12), try run(.small(kind), steps: 12, threads: count)
    )
    #expect(two.coefficients == other.coefficients)
    #expect(two.steps == other.steps)
    #expect(two.after == other.after)
    #expect(two.after != two.before)
  }

  @Test("the held-out loss falls", arguments: BasisKind.allCases)
  func learning(kind: BasisKind) throws {
    let result = try run(.small(kind), steps: 150)
    #expect(result.after.lossPerExample < 0.8 * result.before.lossPerExample)
  }

  @Test("the coefficients are the sums of the recorded increments")
  func records() throws {
    let result = try run(.small(), steps: 40)
    var sums = Coefficients(candidateCount: 64)
    for record in result.steps.flatMap(\.update.records) {
      try sums.add(Double(record.increment), to: record.candidate)
    }
    #expect(sums == result.coefficients)
    #expect(result.steps.map(\.number) == Array(0..<40))
  }

  @Test(
    "a run that resumes comes to the bits of one that never stopped",
    arguments: [
      (BasisKind.hadamard, WeightMode.virtual), (.hadamard, .dense), (.gaussian, .dense),
    ],
    [1, 3])
  func resumption(held: (kind: BasisKind, mode: WeightMode), directions: Int) throws {
    var settings = TuningSettings.small(held.kind, mode: held.mode)
    (settings.directions, settings.isWithoutReplacement) = (directions, directions > 1)
    settings.schedule = .cosine
    var whole = try tuning(settings)
    let first = try (0..<23).map { _ in try whole.step() }
    let saved = try JSONEncoder().encode(whole.state)
    let rest = try (0..<17).map { _ in try whole.step() }

    var resumed = try tuning(settings)
    try resumed.resume(
      at: JSONDecoder().decode(TuningState.self, from: saved), after: first.map(\.update))
    #expect(try (0..<17).map { _ in try resumed.step() } == rest)
    #expect(resumed.state == whole.state)
  }

  @Test("a state is refused that is not the sum of the updates before it")
  func foreignState() throws {
    var tuning = try tuning(.small())
    let steps = try (0..<5).map { _ in try tuning.step() }
    let state = tuning.state
    #expect(throws: StateError.self) {
      try tuning.resume(at: state, after: steps.dropLast().map(\.update))
    }
    let outside = StepUpdate.pairs([StepRecord(candidate: 64, increment: 1)])
    #expect(throws: SeedBasisError.noSuchCandidate(64, candidateCount: 64)) {
      try tuning.resume(at: state, after: [outside])
    }
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
    let wrong: [(SettingKey, (inout TuningSettings) -> Void)] = [
      (.learningRate, { $0.learningRate = 0 }), (.epsilon, { $0.epsilon = .nan }),
      (.lossDifferenceLimit, { $0.lossDifferenceLimit = -1 }), (.batch, { $0.batch = 0 }),
      (.lengthLimit, { $0.lengthLimit = 1 }), (.heldOut, { $0.heldOut = 0 }),
    ]
    for (key, change) in wrong {
      var settings = TuningSettings.small()
      change(&settings)
      let error = #expect(throws: SettingsError.self) { try settings.validate() }
      #expect(error?.key == key)
    }
  }

  @Test("a limit of two sides' difference is refused where there is one side")
  func oneSidedLimit() throws {
    var settings = TuningSettings.small()
    (settings.estimator, settings.directions) = (.oneSided, 4)
    try settings.validate()
    settings.lossDifferenceLimit = 1
    let error = #expect(throws: SettingsError.self) { try settings.validate() }
    #expect(error?.key == .lossDifferenceLimit && error?.found == "1.0")
  }

  @Test("the natural mode is virtual for hadamard only", arguments: BasisKind.allCases)
  func naturalMode(kind: BasisKind) {
    #expect(TuningSettings.small(kind).effectiveMode == (kind == .hadamard ? .virtual : .dense))
    #expect(TuningSettings.small(kind, mode: .virtual).effectiveMode == .virtual)
  }
}
