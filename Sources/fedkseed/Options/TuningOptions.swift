internal import ArgumentParser
internal import FineTuning
internal import SeedBasis
internal import SeedDescent
internal import Settings

/// How tuning moves.
struct TuningOptions: ParsableArguments {
  @Option(
    name: .setting(.method),
    help: ArgumentHelp(
      "What is done.",
      discussion: "fedkseed; simulate also knows fedkseed-pro (significant directions are drawn "
        + "more often) and the baseline fedzo, tune the baseline mezo: fresh directions."))
  var method = TuningSettings().method

  @Option(
    name: .setting(.objective),
    help: ArgumentHelp(
      "What is made smaller: the loss, that of choosing an option, or 1 − a metric of answers.",
      discussion: "loss counts each example once, token-loss each token of a batch. options takes "
        + "examples with options, and is MeZO's for classification. A metric takes a pass for each "
        + "token of each greedy answer. If not given, token-loss with backprop, else loss.",
      visibility: .hidden))
  var objective: TuningObjective?

  @Option(
    name: .setting(.basis), help: ArgumentHelp("The kind of directions.", visibility: .hidden))
  var basis = TuningSettings().basis

  @Option(
    name: .setting(.candidates),
    help: "K, the number of candidate directions; for hadamard a power of two.")
  var candidates = TuningSettings().candidates

  @Option(
    name: .setting(.parameters),
    help: ArgumentHelp(
      "The tensors to tune, such as 'model.layers.*.mlp.*'; all if not given.",
      discussion: "* stands for any characters, ? for one; separate several by commas. 'fedkseed "
        + "inspect' lists the names.", visibility: .hidden))
  var parameters: String?

  @Option(
    name: .setting(.mode),
    help: ArgumentHelp(
      "How current weights are held.",
      discussion: "virtual makes them anew in each pass, dense keeps a private copy. If not "
        + "given, virtual with hadamard and dense with the other bases.", visibility: .hidden))
  var mode: WeightMode?

  @Option(
    name: .setting(.storage),
    help: ArgumentHelp(
      "The type of dense's private copy.",
      discussion: "bf16 halves its memory; updates are rounded at random, by the seed.",
      visibility: .hidden))
  var storage = TuningSettings().storage

  @Option(
    name: .setting(.learningRate),
    help: ArgumentHelp(
      "The learning rate, at its largest.",
      discussion: "If not given, 1e-5 or, for adam along all K directions, 6.4e-4 / √K; find-lr "
        + "finds better ones."))
  var learningRate: Double?

  @Option(
    name: .setting(.schedule),
    help: ArgumentHelp(
      "How the learning rate falls; in a federation from round to round.", visibility: .hidden))
  var schedule = TuningSettings().schedule

  @Option(
    name: .setting(.warmup),
    help: ArgumentHelp("The number of steps in which the learning rate rises.", visibility: .hidden)
  )
  var warmup = TuningSettings().warmup

  @Option(name: .setting(.epsilon), help: "The perturbation radius, in units of the weights.")
  var epsilon = TuningSettings().epsilon

  @Option(
    name: .setting(.lossDifferenceLimit),
    help: ArgumentHelp("Skip a step whose two losses differ by more, in nats.", visibility: .hidden)
  )
  var lossDifferenceLimit: Double?

  @Option(
    name: .setting(.scalarClip),
    help: ArgumentHelp("Cut scalar gradients to this magnitude.", visibility: .hidden))
  var scalarClip: Double?

  @Option(
    name: .setting(.directions),
    help: ArgumentHelp(
      "The number of directions in a step; their updates are averaged.", visibility: .hidden))
  var directions = TuningSettings().directions

  @Option(
    name: .setting(.estimator),
    help: ArgumentHelp(
      "How slopes are measured.",
      discussion: "two-sided: two of each direction. one-sided: one of each, one they share, and "
        + "division by their standard deviation (FZOO); takes 2 directions or more. backprop: the "
        + "exact slopes along all K directions, from a backward pass. If not given, backprop where "
        + "the other options and memory allow it, else two-sided, as FedKSeed was published."))
  var estimator: Estimator?

  @OptionGroup(visibility: .hidden) var descent: DescentOptions

  @Option(
    name: .setting(.draws),
    help: ArgumentHelp("Whether a direction may come twice in a round.", visibility: .hidden))
  var draws = CandidateRule.withReplacement

  @Option(name: .setting(.batch), help: "The number of examples in a pass.")
  var batch = TuningSettings().batch

  @Option(
    name: .setting(.accumulate),
    help: ArgumentHelp(
      "The number of passes of a step, in the memory of one, with as many examples each.",
      visibility: .hidden))
  var accumulate = TuningSettings().accumulate

  @Option(
    name: .setting(.order),
    help: ArgumentHelp(
      "How examples are divided into batches.",
      discussion: "stratified: nearly the same share of each category in every batch, so that "
        + "scalars are less noisy.", visibility: .hidden))
  var order = TuningSettings().order

  @Option(
    name: .setting(.heldOut),
    help: "The number of examples held out to measure the loss; 64, or a fifth, if not given.")
  var heldOut: Int?

  @OptionGroup(visibility: .hidden) var pro: SignificanceOptions

  /// The estimator that these options name, if they do: one of the descent's names it too.
  var namedEstimator: Estimator? { estimator ?? (descent.isGiven ? .backprop : nil) }

  /// Returns the settings that these options and those of the data make together.
  ///
  /// - Parameter fallback: The estimator where none is named, if the other options suit it.
  /// - Throws: `SettingsError` or `SeedBasisError` that names the setting.
  func settings(
    with data: DataOptions, whereUnnamed fallback: Estimator = .backprop
  ) throws -> TuningSettings {
    var settings = TuningSettings()
    settings.method = method
    settings.objective = objective ?? settings.objective
    settings.basis = basis
    settings.candidates = candidates
    settings.parameters = parameters
    settings.mode = mode
    settings.storage = storage
    settings.schedule = schedule
    settings.warmup = warmup
    settings.epsilon = epsilon
    settings.lossDifferenceLimit = lossDifferenceLimit
    settings.scalarClip = scalarClip
    settings.directions = directions
    settings.optimizer = descent.rule
    settings.normLimit = descent.normLimit
    settings.recompute = descent.recompute ?? settings.recompute
    settings.accumulate = accumulate
    settings.isWithoutReplacement = draws == .withoutReplacement
    settings.significance = pro.rule
    settings.batch = batch
    settings.order = order
    settings.seed = data.seed
    settings.template = data.template ?? settings.template
    settings.lengthLimit = data.lengthLimit
    settings.hasEndToken = data.endToken ?? settings.hasEndToken
    settings.heldOut = heldOut
    settings.estimator = namedEstimator ?? (settings.suitsDescent ? fallback : .twoSided)
    try descent.check(with: settings.estimator)
    settings.objective = objective ?? settings.defaultObjective
    settings.learningRate = try learningRate ?? settings.requiredLearningRate
    do { try settings.validate() } catch let error as SeedBasisError {
      if case .badPattern = error { return try InputError.naming(.parameters) { throw error } }
      return try InputError.naming(.candidates) { throw error }
    }
    return settings
  }
}

extension TuningSettings {
  /// The default rate.
  ///
  /// - Throws: ``SettingsError`` where there is none.
  fileprivate var requiredLearningRate: Double {
    get throws {
      guard let rate = defaultLearningRate else {
        throw SettingsError(
          .learningRate, found: "left out",
          expected: "given with '--optimizer \(optimizer.name)': 'fedkseed find-lr' finds one")
      }
      return rate
    }
  }
}
