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

  @Option(
    name: .setting(.mode),
    help: ArgumentHelp(
      "How the tuned weights are held.",
      discussion: "virtual makes them anew in each pass; dense once, in 4 bytes a weight, and long "
        + "answers come sooner. If not given, virtual with hadamard and dense with the other bases."
    ))
  var mode: WeightMode?

  func validate() throws {
    guard let mode, kseed == nil else { return }
    throw InputError(
      "'--mode \(mode.rawValue)' is of tuned weights: give '--kseed' too, or leave it out")
  }

  /// The form of the examples that the model was tuned with, or `nil` without a checkpoint.
  var format: TunedFormat? {
    get throws { try kseed.map { TunedFormat(try SeedCheckpoint.read(named: $0)) } }
  }

  /// Returns the weights to use: those of the base, or those the checkpoint makes of it.
  func weights(of base: LoadedModel) throws -> any WeightSource {
    guard let kseed else { return base.store }
    let checkpoint = try SeedCheckpoint.read(named: kseed)
    try checkpoint.checkBase(of: base)
    return base.tuned(by: checkpoint.coefficients, of: checkpoint.basis, mode: mode)
  }
}

extension SeedCheckpoint {
  /// Reads the file that a person means by `name`, who may leave out the suffix.
  static func read(named name: String) throws(SeedCheckpointError) -> SeedCheckpoint {
    try read(path: existingPath(named: name))
  }

  /// Checks that the checkpoint was made for `base`.
  func checkBase(of base: LoadedModel) throws(SeedCheckpointError) {
    try checkBase(hash: base.store.identity(), parameterMapHash: base.store.parameterMapHash)
  }
}

/// The form of the examples that a checkpoint was tuned with, as far as it says so: sums do not.
struct TunedFormat {
  /// The text around an example.
  let template: PromptTemplate?
  /// Whether the end token follows a response.
  let hasEndToken: Bool?

  private let templateHash: String?

  /// Takes what a checkpoint says.
  init(_ checkpoint: SeedCheckpoint) {
    let setting = { (key: SettingKey) in checkpoint.history.settings[key.rawValue] }
    template = setting(.template).flatMap(PromptTemplate.init)
    templateHash = setting(.templateSha256)
    hasEndToken = setting(.endToken).flatMap { Bool($0) }
  }

  /// Tells of a chat template of `base` that is another than the one the checkpoint was tuned with.
  func checkTemplate(of base: LoadedModel) {
    guard let templateHash, let found = try? base.chatTemplateHash, found != templateHash else {
      return
    }
    Output.log("note: the model's chat template is another than the checkpoint was tuned with")
  }
}
