internal import ArgumentParser
internal import FineTuning
internal import Profiling
internal import Reports
internal import SeedBasis
internal import SeedDescent

/// The step whose cost is estimated or measured.
struct StepOptions: ParsableArguments {
  @Option(help: "The number of tokens of a step, of all examples together.")
  var tokens = StepSettings().tokens

  @Option(help: "The number of examples they belong to.")
  var batch = StepSettings().sequences

  @Option(help: "The kind of directions.")
  var basis = StepSettings().basis

  @Option(help: "K, the number of candidate directions.")
  var candidates = StepSettings().candidates

  @Option(help: "How current weights are held; if not given, what suits the basis.")
  var mode: WeightMode?

  @Option(help: "The type of the private copy that dense makes.")
  var storage = StepSettings().storage

  @Option(help: "How the step measures slopes: two-sided or backprop.")
  var estimator = StepSettings().estimator

  @Option(help: "For backprop: whether layers are run again on the way back.")
  var recompute = StepSettings().recompute

  func validate() throws {
    guard estimator != .oneSided else {
      throw InputError(
        "'--estimator' must be two-sided or backprop here, but is one-sided, whose forward passes are "
          + "one after the other")
    }
    guard (1...1 << 20).contains(batch) else {
      throw InputError("'--batch' must be a whole number from 1 to \(1 << 20), but is \(batch)")
    }
    // An example has a token to predict, and one to predict it from.
    guard tokens >= 2 * batch, tokens <= 1 << 24 else {
      throw InputError(
        "'--tokens' must be from \(2 * batch), two for each example, to \(1 << 24), but is "
          + "\(tokens)")
    }
    _ = try SeedBasis(kind: basis, seed: 1, candidateCount: candidates)
  }

  /// Returns the settings of a step on `threads` threads.
  func settings(threads: Int) -> StepSettings {
    var settings = StepSettings()
    settings.tokens = tokens
    settings.sequences = batch
    settings.basis = basis
    settings.candidates = candidates
    settings.mode = mode ?? .natural(for: basis)
    settings.storage = storage
    settings.threads = threads
    settings.estimator = estimator
    settings.recompute = recompute
    return settings
  }

  /// What a report says of the step.
  var facts: [Fact] {
    [
      Fact("tokens", "\(tokens)"), Fact("batch", "\(batch)"), Fact("basis", basis.rawValue),
      Fact("candidates", "\(candidates)"),
      Fact("mode", (mode ?? .natural(for: basis)).rawValue), Fact("storage", storage.rawValue),
      Fact("estimator", estimator.rawValue), Fact("recompute", recompute.rawValue),
    ]
  }
}
