internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import SeedBasis
internal import Settings
internal import Tensors
internal import Weights

/// The seed checkpoint that turns the base model into a tuned one.
struct SeedCheckpointOption: ParsableArguments {
  @Option(help: "A seed checkpoint to apply to MODEL.", completion: .file(extensions: ["kseed"]))
  var kseed: String?

  /// The template that the model was tuned with, or `nil` without a checkpoint that says so.
  var template: PromptTemplate? {
    get throws { try kseed.flatMap { try SeedCheckpoint.read(named: $0).template } }
  }

  /// Returns the weights to use: those of the base, or those the checkpoint makes of it.
  func weights(of base: LoadedModel) throws -> any WeightSource {
    guard let kseed else { return base.store }
    let checkpoint = try SeedCheckpoint.read(named: kseed)
    try checkpoint.checkBase(of: base)
    return base.tuned(by: checkpoint.coefficients, of: checkpoint.basis)
  }
}

extension SeedCheckpoint {
  /// Reads the file that a person means by `name`, who may leave out the suffix.
  static func read(named name: String) throws(SeedCheckpointError) -> SeedCheckpoint {
    try read(path: existingPath(named: name))
  }

  /// The template that the model was tuned with, or `nil` if the checkpoint does not say so.
  fileprivate var template: PromptTemplate? {
    history.settings[SettingKey.template.rawValue].flatMap(PromptTemplate.init)
  }

  /// Checks that the checkpoint was made for `base`.
  func checkBase(of base: LoadedModel) throws(SeedCheckpointError) {
    try checkBase(hash: base.store.identity(), parameterMapHash: base.store.parameterMapHash)
  }
}
