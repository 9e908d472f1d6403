public import Datasets
public import Federation
public import SeedBasis
public import SeedDescent
public import Settings

/// What a run does, in one word.
public enum TuningMethod: String, CaseIterable, Sendable {
  /// All steps move along K fixed directions, equally likely (arXiv:2312.06353).
  case fedkseed
  /// As fedkseed, but directions with large scalars are drawn more often.
  case fedkseedPro = "fedkseed-pro"
  /// Every step of every client has a direction of its own, and whole models are exchanged
  /// (Fang et al. 2022, arXiv:2201.09531; with MeZO's estimator it is FedMeZO, arXiv:2402.05926).
  case fedzo
  /// Every step has a direction of its own, on one machine (arXiv:2305.17333).
  case mezo

  /// Whether no direction comes twice.
  public var hasFreshDirections: Bool { self == .fedzo || self == .mezo }
}

/// How the examples of an epoch are divided into batches.
public enum BatchOrder: String, CaseIterable, Sendable {
  /// At random.
  case shuffled
  /// At random, but with nearly the same share of each category in every batch.
  case stratified
}

/// What defines a tuning run apart from its model, its data and its clients.
///
/// The defaults are those of FedKSeed as published, on a model of 135 M parameters; see
/// ``defaultLearningRate`` for other steps.
public struct TuningSettings: Equatable, Sendable {
  /// How candidates are chosen and what is exchanged.
  public var method = TuningMethod.fedkseed
  /// What is made smaller.
  public var objective = TuningObjective.loss
  /// The kind of directions.
  public var basis = BasisKind.hadamard
  /// The number of candidate directions K.
  public var candidates = 4096
  /// The tensors to tune, as ``ParameterPattern`` writes them; `nil` for all.
  public var parameters: String?
  /// How the current weights are held; `nil` is what suits the basis.
  public var mode: WeightMode?
  /// The type of the private copy that `dense` makes.
  public var storage = DenseStorage.f32
  /// The learning rate η, at its largest.
  public var learningRate = 1e-5
  /// How the learning rate falls.
  public var schedule = LearningRateSchedule.constant
  /// The number of steps in which the learning rate rises.
  public var warmup = 0
  /// The perturbation radius ε, in units of the weights.
  public var epsilon: Float = 1e-3
  /// A step whose losses differ by more, in nats, is dropped; `nil` drops none.
  public var lossDifferenceLimit: Double?
  /// The magnitude to which a scalar gradient is cut; `nil` cuts none.
  public var scalarClip: Double?
  /// The number of candidates n that a step tries.
  public var directions = 1
  /// How a step measures slopes.
  public var estimator = Estimator.twoSided
  /// What makes increments of the slopes along all K, with ``Estimator/backprop``.
  public var optimizer = Optimizer.adam()
  /// The Euclidean norm to which these slopes are shortened; `nil` shortens none.
  public var normLimit: Double?
  /// What a backward pass keeps of each layer; no result depends on it.
  public var recompute = Recomputation.always
  /// The number of passes of a step, each of ``batch`` examples.
  public var accumulate = 1
  /// Whether a candidate may come twice in a round; with fresh directions none does.
  public var isWithoutReplacement = false
  /// How FedKSeed-Pro chooses candidates.
  public var significance = SignificanceRule()
  /// The number of examples of a pass.
  public var batch = 8
  /// How examples are divided into batches.
  public var order = BatchOrder.shuffled
  /// The seed of the directions, of the order of the data and of every other choice.
  public var seed: UInt64 = 1
  /// The text around examples.
  public var template = PromptTemplate.alpaca

  /// The SHA-256 of the model's chat template, in hexadecimal, where it is the text around an example.
  public var templateSha256: String?
  /// The largest number of tokens of an example; longer ones are cut.
  public var lengthLimit = 1024
  /// Whether the end token follows a response and is learned with it.
  public var hasEndToken = true
  /// The number of examples that are held out for evaluation; if not given, ``heldOut(of:)``.
  public var heldOut: Int?

  /// Returns how many of `count` examples are held out: 64 if not given, a fifth of small sets.
  func heldOut(of count: Int) -> Int { heldOut ?? min(Self.mostHeldOut, max(1, count / 5)) }

  /// What is held out if not given, of data that have as much.
  static let mostHeldOut = 64

  /// Creates the default settings.
  public init() {}

  /// The mode in force.
  public var effectiveMode: WeightMode { mode ?? .natural(for: basis) }

  /// Returns the directions.
  ///
  /// - Throws: ``SeedBasisError`` if the number of candidates does not suit the basis, or the pattern of
  ///   parameters is none.
  public func makeBasis() throws(SeedBasisError) -> SeedBasis {
    var pattern: ParameterPattern?
    if let parameters { pattern = try ParameterPattern(parameters) }
    return try SeedBasis(
      kind: basis, seed: seed, candidateCount: candidates, parameters: pattern)
  }

  /// Returns the loop of local steps.
  ///
  /// - Parameter steps: The number of steps of the run; of a client, if it took part in all rounds.
  /// - Throws: ``SettingsError`` if one of the settings of a step is outside its range.
  public func makeTuner(steps: Int) throws(SettingsError) -> LocalTuner {
    if estimator == .oneSided, let lossDifferenceLimit {
      throw SettingsError(
        .lossDifferenceLimit, found: "\(lossDifferenceLimit)",
        expected: "left out with '--estimator one-sided', which compares no two sides")
    }
    var tuner = LocalTuner(
      estimator: estimator,
      twoPoint: try TwoPointEstimator(
        epsilon: epsilon, lossDifferenceLimit: lossDifferenceLimit, clip: scalarClip),
      learningRate: try LearningRate(
        peak: learningRate, schedule: schedule, warmup: warmup, steps: steps),
      directions: try SettingsError.within(
        estimator.leastDirections...1024, directions, .directions))
    tuner.optimizer = optimizer
    tuner.normLimit = normLimit
    return tuner
  }

  /// The rule by which candidates are chosen.
  public var candidateRule: CandidateRule {
    if method.hasFreshDirections { return .fresh }
    return isWithoutReplacement ? .withoutReplacement : .withReplacement
  }

  /// Returns the sampler of a run on one machine, at its start.
  public func makeSampler() -> CandidateSampler {
    CandidateSampler(candidateCount: candidates, rule: candidateRule, seed: seed)
  }

  /// Checks that there is a candidate for each direction of a run, if all must be fresh.
  ///
  /// - Parameters:
  ///   - steps: The number of steps of a client.
  ///   - clients: The number of clients that take so many.
  /// - Throws: ``SettingsError``.
  public func checkCandidates(
    forSteps steps: Int, ofClients clients: Int = 1
  ) throws(SettingsError) {
    let count = [clients, directions].reduce(steps) { product, factor in
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : result
    }
    guard candidateRule == .fresh, candidates < count else { return }
    throw SettingsError(
      .candidates, found: "\(candidates)",
      expected: "at least \(count), one for each direction of the run")
  }

  /// Checks everything that can be checked without a model and data.
  ///
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public func validate() throws {
    _ = try makeBasis()
    _ = try makeTuner(steps: warmup == .max ? warmup : warmup + 1)
    if method == .fedkseedPro, isWithoutReplacement {
      throw SettingsError(
        .draws, found: "without replacement", expected: "with replacement in fedkseed-pro")
    }
    if estimator == .backprop { try checkDescent() }
    _ = try SettingsError.within(1...1 << 20, batch, .batch)
    _ = try SettingsError.within(1...1 << 20, accumulate, .accumulate)
    _ = try SettingsError.within(2...1 << 20, lengthLimit, .lengthLimit)
    if let heldOut { _ = try SettingsError.within(1...1 << 30, heldOut, .heldOut) }
  }
}
