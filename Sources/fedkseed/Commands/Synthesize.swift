internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Kernels
internal import LanguageModels
internal import Reports
internal import Runs
internal import Tensors

/// Writes a model of real shapes with random weights.
struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model of any size with weights from a seed, to measure without a download.",
    discussion: """
      CONFIG is a file like Hugging Face's config.json or one of these names: \
      \(KnownModel.all.map(\.name).joined(separator: ", ")). The model has no tokenizer, so it can \
      be profiled and inspected, but not be given text.

        fedkseed synthesize datajuicer-1.3b --dtype q4_0 --out /tmp/1.3b.gguf
        fedkseed profile /tmp/1.3b.gguf --tokens 512
      """)

  @Argument(help: "A configuration file, or the name of a known model.", completion: .file())
  var config: String

  @Option(help: "The type of the matrices; vectors are f32.")
  var dtype = ElementType.q4_0

  @Option(name: .out, help: "The GGUF file to write.", completion: .file())
  var out: String

  @OptionGroup var existing: ForceOption

  @Option(name: .shortAndLong, help: "The seed of the weights.")
  var seed: UInt64 = 1

  @OptionGroup var common: CommonOptions

  func run() throws {
    try checkOutputFile(out, force: existing.force, inputs: [config])
    let source = try ModelSource(config)
    let configuration = try source.configuration
    let model = SyntheticModel(configuration, name: source.name, seed: seed)
    let count = configuration.parameters.elementCount
    let bar = ProgressBar("writing", total: count, unit: "weights")
    let bytes = try model.write(
      to: out, as: dtype, threads: Threads(common.threads)
    ) { bar.advance(by: $0) }
    bar.finish()
    let result = Result(
      out: absolutePath(out), dtype: dtype.rawValue, parameters: count, bytes: bytes)
    if common.json { return try Output.printJSON(result) }
    print("wrote \(result.out): \(count) parameters, \(Quantity.bytes.text(Double(bytes)))")
  }

  private struct Result: Encodable {
    let out: String
    let dtype: String
    let parameters: Int
    let bytes: Int
  }
}
