internal import ArgumentParser
internal import FineTuning
internal import SeedBasis
internal import Tensors
internal import Weights

/// The seed checkpoint that turns the base model into a tuned one.
struct SeedCheckpointOption: ParsableArguments {
  @Option(help: "A seed checkpoint to apply to MODEL.", completion: .file(extensions: ["kseed"]))
  var kseed: String?

  /// Returns the weights to use: those of the base, or those the checkpoint makes of it.
  func weights(of base: LoadedModel) throws -> any WeightSource {
    guard let kseed else { return base.store }
    let checkpoint = try SeedCheckpoint.read(path: kseed)
    try checkpoint.checkBase(of: base)
    return base.tuned(by: checkpoint.coefficients, of: checkpoint.basis)
  }
}

extension SeedCheckpoint {
  /// Checks that the checkpoint was made for `base`.
  func checkBase(of base: LoadedModel) throws(SeedCheckpointError) {
    try checkBase(hash: base.store.identity(), parameterMapHash: base.store.parameterMapHash)
  }
}
