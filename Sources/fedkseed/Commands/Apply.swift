internal import ArgumentParser
internal import Bytes
internal import Datasets
internal import FineTuning
internal import Reports
internal import SeedBasis
internal import Tensors
internal import Weights

/// Writes a tuned model as files that other programs load.
struct Apply: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the tuned model as safetensors or GGUF.",
    discussion: """
      A path that ends in .safetensors or .gguf becomes one file, any other a Hugging Face folder. \
      A GGUF file keeps what a GGUF base says of itself; its vectors are f32, and only it can have \
      the types q8_0 and q4_0.

        fedkseed apply MODEL my.kseed --out tuned-model
        fedkseed apply MODEL my.kseed --out tuned.safetensors --dtype bf16
        fedkseed apply MODEL my.kseed --out tuned.gguf --dtype q8_0
      """)

  @OptionGroup var source: ModelArgument

  @Argument(help: "The seed checkpoint.", completion: .file(extensions: ["kseed"]))
  var kseed: String

  @Option(name: .out, help: "The file or folder to write.", completion: .file())
  var out: String

  @Option(help: "What is written; if not given, the suffix of '--out' tells.")
  var format: ExportFormat?

  @OptionGroup var existing: ForceOption

  @Option(help: "The type of the weights; f32 keeps every bit.")
  var dtype = ElementType.f32

  @OptionGroup var common: CommonOptions

  func run() throws {
    try checkOutput()
    let checkpoint = try SeedCheckpoint.read(named: kseed)
    let base = try common.openModel(source.model)
    try checkpoint.checkBase(of: base)
    let template = TunedFormat(checkpoint).template
    sayTemplate(template, base)
    let bar = ProgressBar("writing", total: base.store.parameters.elementCount, unit: "weights")
    try base.export(
      coefficients: checkpoint.coefficients, basis: checkpoint.basis, to: out,
      format: format, template: template, replacing: existing.force, elementType: dtype
    ) { bar.advance(by: $0) }
    bar.finish()
    let result = Result(
      out: absolutePath(out), dtype: dtype.rawValue,
      parameters: base.store.parameters.elementCount)
    if common.json { try Output.printJSON(result) } else { print("wrote \(result.out)") }
  }

  /// Tells of a chat template that is not the model's own, or not what it was tuned with.
  private func sayTemplate(_ template: PromptTemplate?, _ base: LoadedModel) {
    guard let template, template != .model else { return }
    if base.chatTemplate(for: template) != nil {
      Output.log(
        "note: the chat template written is that of '--template \(template.rawValue)', which the "
          + "checkpoint was tuned with"
          + (base.hasChatTemplate ? ", in place of the model's own" : ""))
    } else if base.hasChatTemplate {
      Output.log(
        "note: the checkpoint was tuned with '--template \(template.rawValue)'; the chat template "
          + "written is the model's own")
    }
  }

  private func checkOutput() throws {
    let inputs = [source.model, SeedCheckpoint.existingPath(named: kseed)]
    if try ExportFormat(format, path: out) == .folder {
      try checkOutputFolder(
        out, force: existing.force, inputs: inputs, isReplaceable: LoadedModel.isExport)
    } else {
      try checkOutputFile(out, force: existing.force, inputs: inputs)
    }
  }

  private struct Result: Encodable {
    let out: String
    let dtype: String
    let parameters: Int
  }
}
