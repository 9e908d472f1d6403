internal import ArgumentParser
internal import Bytes
internal import Datasets
internal import FineTuning
internal import Foundation
internal import Kernels
internal import Runs
internal import Settings
internal import Weights

/// What `tune` and `simulate` share: model, data, method, and a file that may give them all.
struct RunOptions: ParsableArguments {
  @Argument(
    help: "A GGUF file or a Hugging Face folder; '-m MODEL' is the same.", completion: .file())
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
  @OptionGroup(visibility: .private) var record: RecordOptions

  /// What is read, so that nothing is written over it.
  var inputs: [String] { [model ?? record.model, data.data].compactMap(\.self) }

  /// Reads the model and the examples, and checks everything that can be checked before a run.
  ///
  /// - Parameters:
  ///   - clients: How many clients work at once.
  ///   - settings: Those of the command itself, given those of the method and the examples.
  ///   - categoryKey: The key of a JSON record that holds its category.
  ///   - isMember: Whether others have to come to the same settings elsewhere, so that nothing may
  ///     depend on this machine.
  ///   - mayLackData: Whether `--data none` is no data.
  func prepare(
    categoryKey: String = "category", clients: Int = 1, isMember: Bool = false,
    mayLackData: Bool = false, _ settings: (TuningSettings, TuningData) -> SettingsRecord
  ) throws -> PreparedRun {
    guard let path = model ?? record.model else {
      throw InputError("no model is given: name a GGUF file or a Hugging Face folder")
    }
    var method = try tuning.settings(with: data)
    let lacksData = mayLackData && data.data == DataOptions.none
    let dataset =
      lacksData ? Dataset(examples: []) : try data.read(categoryKey: categoryKey)
    let base = try common.openModel(path)
    if !lacksData, isPipe(data.data) {
      Output.log(
        "note: to go on with the run or to repeat it, give the same examples again by '--data'")
    }
    try record.check(modelHash: model == nil ? base.store.identity() : nil, dataset)
    try base.checkParameters(of: method.makeBasis())
    let encoder = try data.encoder(for: base)
    let templateHash = encoder.template == .model ? try base.chatTemplateHash : nil
    try record.check(templateHash: templateHash)
    (method.template, method.templateSha256) = (encoder.template, templateHash)
    let examples = lacksData ? .none : try encode(dataset, encoder, method)
    if !isMember, tuning.namedEstimator == nil {
      let choice = EstimatorChoice(method, of: base, examples, clients: clients)
      Output.log(choice.reason)
      method = try tuning.settings(with: data, whereUnnamed: choice.estimator)
      (method.template, method.templateSha256) = (encoder.template, templateHash)
    }
    if method.heldOut == nil, !lacksData {
      method.heldOut = examples.heldOutSetting
      let count = examples.heldOut.count
      Output.log(
        "held out: \(count) of \(count + examples.training.count) examples; '--held-out' sets how many"
      )
    }
    for warning in ResolutionCheck(sampling: base.store).warnings(for: method) {
      Output.log("warning: " + warning)
    }
    return PreparedRun(
      base, dataset: dataset, data: examples, encoder: encoder, method: method,
      settings: settings(method, examples).merging(data.record)
        .merging(lacksData ? [.data: DataOptions.none] : [:]).merging([
          .toolVersion: FedKSeed.version, .model: absolutePath(path),
          .instructionSet: common.isa.rawValue,
        ]))
  }

  /// Encodes the examples, and tells of those that cannot be used, also when too few are left.
  private func encode(
    _ dataset: Dataset, _ encoder: ExampleEncoder, _ method: TuningSettings
  ) throws -> TuningData {
    do {
      let examples = try TuningData(dataset, encoder: encoder, settings: method)
      for summary in [examples.rejectionSummary, examples.cutSummary].compactMap(\.self) {
        Output.log(summary)
      }
      return examples
    } catch {
      if let summary = encoder.encode(dataset.examples).rejectionSummary { Output.log(summary) }
      throw error
    }
  }
}

/// What a settings file records besides options, and a repetition must find again.
struct RecordOptions: ParsableArguments {
  @Option(name: .setting(.model), help: "The model, where it is no argument.")
  var model: String?
  @Option(name: .setting(.modelSha256), help: "Refuse a model with another SHA-256.")
  var modelSha256: String?
  @Option(name: .setting(.dataSha256), help: "Refuse examples with another SHA-256.")
  var dataSha256: String?
  @Option(
    name: .setting(.templateSha256), help: "Refuse a chat template with another SHA-256.")
  var templateSha256: String?
  @Option(name: .setting(.toolVersion), help: "The version of the tool that wrote the file.")
  var toolVersion: String?

  /// Checks that the run to repeat had the same model and the same examples.
  ///
  /// - Parameter modelHash: `nil` if the command line chose the model.
  func check(modelHash: String?, _ dataset: Dataset) throws {
    try check(.model, .modelSha256, recorded: modelSha256, found: modelHash)
    if dataSha256 != dataset.descriptionFingerprint {
      try check(.data, .dataSha256, recorded: dataSha256, found: dataset.fingerprint)
    }
    if let toolVersion, toolVersion != FedKSeed.version {
      Output.log(
        "note: fedkseed \(toolVersion) wrote the settings, this is \(FedKSeed.version); "
          + "results may differ")
    }
  }

  /// Checks that the run to repeat had the same chat template.
  func check(templateHash: String?) throws {
    try check(.template, .templateSha256, recorded: templateSha256, found: templateHash)
  }

  private func check(
    _ name: SettingKey, _ key: SettingKey, recorded: String?, found: String?
  ) throws {
    guard let recorded, let found, recorded != found else { return }
    throw InputError(
      "the \(name.rawValue) has the SHA-256 \(found), but '--\(key.rawValue)' is \(recorded): use "
        + "the same \(name.rawValue), or leave that setting out")
  }
}

/// Returns the path from the root, so that it means the same in every folder.
func absolutePath(_ path: String) -> String {
  URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
}
