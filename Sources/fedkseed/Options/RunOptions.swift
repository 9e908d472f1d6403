internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import Kernels
internal import Weights

/// What `tune` and `simulate` share: model, data, method, and a file that may give them all.
struct RunOptions: ParsableArguments {
  @Argument(help: "A GGUF file or a Hugging Face folder.", completion: .file())
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A YAML file of options.",
      discussion: "Its keys are the names of the options; what stands on the command line wins. "
        + "The settings.yaml of a run repeats it."),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Method") var tuning: TuningOptions
  @OptionGroup(title: "Machine") var common: CommonOptions
  @OptionGroup(visibility: .hidden) var record: RecordOptions

  /// Reads the model and the examples, and checks everything that can be checked before a run.
  ///
  /// - Parameters:
  ///   - settings: The options of the command itself.
  ///   - categoryKey: The key of a JSON record that holds its category.
  func prepare(
    _ settings: [Setting], categoryKey: String = "category"
  ) throws -> PreparedRun {
    guard let path = model ?? record.model else {
      throw InputError("no model is given: name a GGUF file or a Hugging Face folder")
    }
    let method = try tuning.settings(with: data)
    let dataset = try data.read(categoryKey: categoryKey)
    let base = try common.openModel(path)
    try record.check(
      modelHash: model == nil ? base.store.identity() : nil, dataHash: dataset.fingerprint)
    try base.checkParameters(of: method.makeBasis())
    for warning in ResolutionCheck(sampling: base.store).warnings(for: method) {
      Output.log("warning: " + warning)
    }
    let encoder = try data.encoder(for: base)
    let examples = try encode(dataset, encoder, method)
    let identity = [
      Setting("tool-version", FedKSeed.version),
      Setting("model", absolutePath(path)),
      Setting("model-sha256", base.store.identity()),
      Setting("data-sha256", dataset.fingerprint),
    ]
    return PreparedRun(
      base: base, data: examples, encoder: encoder, method: method,
      settings: identity + data.settings + tuning.settings + settings
        + [Setting("isa", common.isa.rawValue)],
      threads: common.threads)
  }
}

extension RunOptions {
  /// Encodes the examples, and tells of those that cannot be used, also when too few are left.
  private func encode(
    _ dataset: Dataset, _ encoder: ExampleEncoder, _ method: TuningSettings
  ) throws -> TuningData {
    do {
      let examples = try TuningData(dataset, encoder: encoder, settings: method)
      if let summary = examples.rejectionSummary { Output.log(summary) }
      return examples
    } catch {
      if let summary = encoder.encode(dataset.examples).rejectionSummary { Output.log(summary) }
      throw error
    }
  }
}

/// What a settings file records besides options, and a repetition must find again.
struct RecordOptions: ParsableArguments {
  @Option(help: "The model, where it is no argument.") var model: String?
  @Option(help: "Refuse a model with another SHA-256.") var modelSha256: String?
  @Option(help: "Refuse examples with another SHA-256.") var dataSha256: String?
  @Option(help: "The version of the tool that wrote the file.") var toolVersion: String?

  /// Checks that the run to repeat had the same model and the same examples.
  ///
  /// - Parameter modelHash: `nil` if the command line chose the model.
  func check(modelHash: String?, dataHash: String) throws {
    let recorded = [("model", modelSha256, modelHash), ("data", dataSha256, dataHash)]
    for case (let name, let expected?, let found?) in recorded where expected != found {
      throw InputError(
        "the \(name) has the SHA-256 \(found), but '--\(name)-sha256' is \(expected): use the "
          + "same \(name), or leave that setting out")
    }
    if let toolVersion, toolVersion != FedKSeed.version {
      Output.log(
        "note: fedkseed \(toolVersion) wrote the settings, this is \(FedKSeed.version); "
          + "results may differ")
    }
  }
}
