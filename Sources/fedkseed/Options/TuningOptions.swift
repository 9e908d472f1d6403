internal import ArgumentParser
internal import FineTuning
internal import SeedBasis

/// How zeroth-order tuning moves.
struct TuningOptions: ParsableArguments {
  @Option(help: "The kind of directions.")
  var basis = TuningSettings().basis

  @Option(help: "K, the number of candidate directions; for hadamard a power of two.")
  var candidates = TuningSettings().candidates

  @Option(
    help: ArgumentHelp(
      "How current weights are held.",
      discussion: "virtual makes them anew in each pass, dense keeps a private copy. If not "
        + "given, virtual with hadamard and dense with the other bases."))
  var mode: WeightMode?

  @Option(
    help: ArgumentHelp(
      "The type of dense's private copy.",
      discussion: "bf16 halves its memory; updates are rounded at random, by the seed."))
  var storage = TuningSettings().storage

  @Option(help: "The learning rate.")
  var lr = TuningSettings().learningRate

  @Option(help: "The perturbation radius, in units of the weights.")
  var epsilon = TuningSettings().epsilon

  @Option(help: "Skip a step whose two losses differ by more, in nats.")
  var lossDifferenceLimit: Double?

  @Option(help: "The number of examples in a step.")
  var batch = TuningSettings().batch

  @Option(help: "The number of examples that are held out to measure the loss.")
  var heldOut = TuningSettings().heldOut

  /// Returns the settings that these options and those of the data make together.
  ///
  /// - Throws: `SettingsError` or `SeedBasisError` that names the setting.
  func settings(with data: DataOptions) throws -> TuningSettings {
    var settings = TuningSettings()
    settings.basis = basis
    settings.candidates = candidates
    settings.mode = mode
    settings.storage = storage
    settings.learningRate = lr
    settings.epsilon = epsilon
    settings.lossDifferenceLimit = lossDifferenceLimit
    settings.batch = batch
    settings.seed = data.seed
    settings.template = data.template
    settings.lengthLimit = data.lengthLimit
    settings.heldOut = heldOut
    try settings.validate()
    return settings
  }

  var settings: [Setting] {
    [
      Setting("basis", basis.rawValue), Setting("candidates", candidates),
      Setting("mode", (mode ?? .natural(for: basis)).rawValue),
      Setting("storage", storage.rawValue), Setting("lr", lr),
      Setting("epsilon", epsilon), Setting("batch", batch), Setting("held-out", heldOut),
    ] + (lossDifferenceLimit.map { [Setting("loss-difference-limit", $0)] } ?? [])
  }
}
