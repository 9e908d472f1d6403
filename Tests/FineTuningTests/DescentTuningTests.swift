import FineTuning
import Foundation
import SeedBasis
import SeedDescent
import Settings
import Testing

extension TuningSettings {
  /// Settings of steps along all K for a model of a hundred thousand parameters.
  static func descent(
    _ optimizer: Optimizer = .adam(), _ basis: BasisKind = .hadamard, rate: Double = 1e-3
  ) -> TuningSettings {
    var settings = TuningSettings.small(basis)
    (settings.estimator, settings.optimizer, settings.learningRate) = (.backprop, optimizer, rate)
    return settings
  }
}

@Suite("Tuning along all directions")
struct DescentTuningTests {
  static let optimizers: [(optimizer: Optimizer, rate: Double)] = [
    (.sgd, 1e-4), (.momentum(0.9), 2e-5), (.adam(beta2: 0.99), 5e-4),
  ]

  private func tuning(
    _ settings: TuningSettings, threads: Int = 2, steps: Int = 40
  ) throws -> Tuning {
    let base = try LoadedModel.tiny(threads: threads)
    return try Tuning(
      base: base, data: try Tasks.data(base, settings: settings), settings: settings, steps: steps)
  }

  /// Takes steps and returns them.
  @discardableResult
  private func advance(_ tuning: inout Tuning, _ count: Int) throws -> [Step] {
    try (0..<count).map { _ in try tuning.step() }
  }

  @Test("every optimiser lowers the held-out loss", arguments: optimizers.indices)
  func learning(index: Int) throws {
    let (optimizer, rate) = Self.optimizers[index]
    var tuning = try tuning(.descent(optimizer, rate: rate))
    let before = try tuning.score().lossPerExample
    try advance(&tuning, 40)
    #expect(try tuning.score().lossPerExample < 0.8 * before)
  }

  @Test("every basis lowers the held-out loss", arguments: BasisKind.allCases)
  func bases(kind: BasisKind) throws {
    var tuning = try tuning(.descent(.adam(), kind))
    let before = try tuning.score().lossPerExample
    try advance(&tuning, 25)
    #expect(try tuning.score().lossPerExample < 0.8 * before)
  }

  /// Ways to compute the same, and how many threads do it.
  private static let ways: [(threads: Int, change: @Sendable (inout TuningSettings) -> Void)] = [
    (1, { _ in }), (3, { _ in }), (2, { $0.recompute = .never }), (2, { $0.mode = .dense }),
  ]

  @Test(
    "a run has the same bits for every number of threads, and however weights and layers are held",
    arguments: ways.indices)
  func repetition(index: Int) throws {
    let (threads, change) = Self.ways[index]
    var settings = TuningSettings.descent()
    settings.accumulate = 2
    var usual = try tuning(settings)
    change(&settings)
    var other = try tuning(settings, threads: threads)
    #expect(try advance(&usual, 6) == advance(&other, 6))
    #expect(usual.state == other.state)
  }

  @Test("the coefficients are the sums of the recorded updates, each of all K")
  func records() throws {
    var tuning = try tuning(.descent())
    let steps = try advance(&tuning, 8)
    var sums = Coefficients(candidateCount: 64)
    for step in steps {
      #expect(step.update.count == 64 && step.candidate == nil)
      try sums.add(step.update)
    }
    #expect(sums == tuning.coefficients)
  }

  @Test(
    "passes of a step have the examples of as many batches, and count them equally",
    arguments: [Estimator.backprop, .twoSided])
  func accumulation(estimator: Estimator) throws {
    func first(batch: Int, accumulate: Int) throws -> Step {
      var settings = TuningSettings.descent(.sgd)
      (settings.estimator, settings.batch, settings.accumulate) = (estimator, batch, accumulate)
      var tuning = try tuning(settings)
      return try tuning.step()
    }
    let (whole, divided) = (try first(batch: 8, accumulate: 1), try first(batch: 4, accumulate: 2))
    let base = try LoadedModel.tiny()
    #expect(abs(whole.losses.plus - divided.losses.plus) <= base.lossTolerance())
    #expect(abs(whole.losses.plus - (try first(batch: 4, accumulate: 1)).losses.plus) > 0.01)
    let records = [whole, divided].map { $0.update.records.map { Double($0.increment) } }
    // What two losses may be off by, through a division by 2 ε = 2e-3; or else slopes of their own.
    let tolerance =
      estimator == .twoSided
      ? 1e-3 * 2 * base.lossTolerance() / 2e-3 : 2 * base.slopeTolerance() * norm(records[0]) / 8
    #expect(records[0].count == records[1].count)
    for (a, b) in zip(records[0], records[1]) { #expect(abs(a - b) <= tolerance) }
  }

  @Test(
    "a run that resumes comes to the bits of one that never stopped",
    arguments: optimizers.indices, [1, 2])
  func resumption(index: Int, accumulate: Int) throws {
    let (optimizer, rate) = Self.optimizers[index]
    var settings = TuningSettings.descent(optimizer, rate: rate)
    (settings.schedule, settings.warmup, settings.normLimit) = (.cosine, 3, 2)
    settings.accumulate = accumulate
    var whole = try tuning(settings)
    let first = try advance(&whole, 7)
    let saved = try JSONEncoder().encode(whole.state)
    let rest = try advance(&whole, 6)

    var resumed = try tuning(settings)
    try resumed.resume(
      at: JSONDecoder().decode(TuningState.self, from: saved), after: first.map(\.update))
    #expect(try advance(&resumed, 6) == rest)
    #expect(resumed.state == whole.state)
    #expect(Set(rest.map(\.update.records.first?.increment)).count == 6)
  }
}

@Suite("Saved states of an optimiser")
struct DescentStateTests {
  private func tuning(_ settings: TuningSettings) throws -> Tuning {
    let base = try LoadedModel.tiny()
    return try Tuning(
      base: base, data: try Tasks.data(base, settings: settings), settings: settings, steps: 9)
  }

  /// A run after two steps, and what they changed.
  private func started(
    _ settings: TuningSettings = .descent()
  ) throws -> (state: TuningState, updates: [StepUpdate]) {
    var tuning = try tuning(settings)
    let updates = try (0..<2).map { _ in try tuning.step().update }
    return (tuning.state, updates)
  }

  /// Returns what `optimizer` carries on after so many steps against `count` slopes.
  private static func moments(_ optimizer: Optimizer, count: Int, steps: Int = 2) -> OptimizerState
  {
    var state = OptimizerState()
    for _ in 0..<steps {
      let slopes = [Double](repeating: 1, count: count)
      _ = optimizer.increments(against: slopes, learningRate: 1, state: &state)
    }
    return state
  }

  private static let foreign: [(name: String, state: OptimizerState?, place: String)] = [
    ("none", nil, "optimizer"),
    ("untouched", OptimizerState(), "optimizer steps"),
    ("a step less", moments(.adam(), count: 64, steps: 1), "optimizer steps"),
    ("a step more", moments(.adam(), count: 64, steps: 3), "optimizer steps"),
    ("sgd", moments(.sgd, count: 64), "first moments"),
    ("momentum", moments(.momentum(0.9), count: 64), "second moments"),
    ("half of K", moments(.adam(), count: 32), "first moments"),
    ("twice K", moments(.adam(), count: 128), "first moments"),
  ]

  @Test("a state is refused that Adam cannot have left", arguments: foreign.indices)
  func adam(index: Int) throws {
    var (state, updates) = try started()
    state.optimizer = Self.foreign[index].state
    var tuning = try tuning(.descent())
    let error = #expect(throws: StateError.self) { try tuning.resume(at: state, after: updates) }
    #expect(error?.place == Self.foreign[index].place, "\(Self.foreign[index].name)")
  }

  @Test(
    "moments are refused where the optimiser has none", arguments: [Optimizer.sgd, .momentum(0.9)])
  func others(optimizer: Optimizer) throws {
    var (state, updates) = try started(.descent(optimizer))
    state.optimizer = Self.moments(.adam(), count: 64)
    var tuning = try tuning(.descent(optimizer))
    #expect(throws: StateError.self) { try tuning.resume(at: state, after: updates) }
  }

  @Test("a run along single directions has no optimiser, and takes none")
  func zerothOrder() throws {
    var (state, updates) = try started(.small())
    #expect(state.optimizer == nil)
    state.optimizer = Self.moments(.adam(), count: 64)
    var tuning = try tuning(.small())
    #expect(throws: StateError.self) { try tuning.resume(at: state, after: updates) }
  }

  @Test("a state of another K is refused")
  func otherK() throws {
    let (state, updates) = try started()
    var settings = TuningSettings.descent()
    settings.candidates = 128
    var tuning = try tuning(settings)
    #expect(throws: SeedBasisError.coefficientCount(64, expected: 128)) {
      try tuning.resume(at: state, after: updates)
    }
  }
}

@Suite("What steps along all directions demand")
struct DescentSettingsTests {
  private static let wrong: [(SettingKey, String, @Sendable (inout TuningSettings) -> Void)] = [
    (.objective, "rouge-l", { $0.objective = .rougeL }),
    (.objective, "exact-match", { $0.objective = .exactMatch }),
    (.objective, "f1", { $0.objective = .f1 }),
    (.method, "fedkseed-pro", { $0.method = .fedkseedPro }),
    (.method, "fedzo", { $0.method = .fedzo }),
    (.method, "mezo", { $0.method = .mezo }),
    (.directions, "2", { $0.directions = 2 }),
    (.draws, "without replacement", { $0.isWithoutReplacement = true }),
    (.scalarClip, "3.0", { $0.scalarClip = 3 }),
    (.lossDifferenceLimit, "4.0", { $0.lossDifferenceLimit = 4 }),
  ]

  @Test("what they cannot do is refused by name", arguments: wrong.indices)
  func refusals(index: Int) throws {
    let (key, found, change) = Self.wrong[index]
    var settings = TuningSettings.descent()
    try settings.validate()
    change(&settings)
    let error = #expect(throws: SettingsError.self) { try settings.validate() }
    #expect(error?.key == key && error?.found == found)
    #expect(
      error?.expected.contains("backprop") == true
        || error?.expected.contains("max-grad-norm") == true)
  }

  private static let outside: [(SettingKey, @Sendable (inout TuningSettings) -> Void)] = [
    (.momentum, { $0.optimizer = .momentum(1) }), (.momentum, { $0.optimizer = .momentum(-0.1) }),
    (.momentum, { $0.optimizer = .momentum(.nan) }),
    (.beta1, { $0.optimizer = .adam(beta1: 1) }), (.beta1, { $0.optimizer = .adam(beta1: -1e-9) }),
    (.beta2, { $0.optimizer = .adam(beta2: 1) }), (.beta2, { $0.optimizer = .adam(beta2: .nan) }),
    (.adamEpsilon, { $0.optimizer = .adam(epsilon: 0) }),
    (.adamEpsilon, { $0.optimizer = .adam(epsilon: .infinity) }),
    (.normLimit, { $0.normLimit = 0 }), (.normLimit, { $0.normLimit = .nan }),
    (.accumulate, { $0.accumulate = 0 }),
  ]

  @Test("numbers outside their range are refused by name", arguments: outside.indices)
  func ranges(index: Int) throws {
    let (key, change) = Self.outside[index]
    var settings = TuningSettings.descent()
    change(&settings)
    let error = #expect(throws: SettingsError.self) { try settings.validate() }
    #expect(error?.key == key)
  }

  @Test("the ends of the ranges are in them")
  func ends() throws {
    for optimizer in [Optimizer.sgd, .momentum(0), .adam(beta1: 0, beta2: 0, epsilon: 1e-300)] {
      try TuningSettings.descent(optimizer).validate()
    }
  }

  @Test("steps along single directions do not ask what the optimiser is")
  func zerothOrder() throws {
    var settings = TuningSettings.small()
    (settings.optimizer, settings.scalarClip) = (.momentum(2), 3)
    try settings.validate()
  }
}
