internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import LanguageModels
internal import Settings
internal import Tokenizers

/// Continues a prompt.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continue a prompt, or answer an instruction.",
    discussion: """
      Greedy by default; a positive temperature draws at random, always the same for one seed.

        fedkseed generate MODEL --prompt "Once upon a time"
        fedkseed generate MODEL --kseed my.kseed --prompt "Why?"
      """)

  @OptionGroup var source: ModelArgument

  @Option(
    name: .shortAndLong, parsing: .unconditional, help: "The text to continue, or the instruction.")
  var prompt: String

  @Option(
    help: ArgumentHelp(
      "The text around the prompt; raw is the prompt alone.",
      discussion: "model is the chat template that the model carries. If not given, that of the "
        + "checkpoint; without one model where it carries one, else raw."))
  var template: PromptTemplate?

  @OptionGroup var checkpoint: SeedCheckpointOption

  @Option(name: .maxTokens, help: "The number of new tokens at most.")
  var maxTokens = 64

  @Option(
    name: .setting(.lengthLimit),
    help: "The number of tokens of prompt and answer at most; the model's context if not given.")
  var lengthLimit: Int?

  @Option(help: "0 takes the most likely token; more makes unlikely ones likelier.")
  var temperature = 0.0

  @Option(help: "Draw from the most likely tokens that have this probability together.")
  var topP = 1.0

  @Option(name: .shortAndLong, help: "The seed of the random choices.")
  var seed: UInt64 = 1

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1 << 20).contains(maxTokens) else {
      throw InputError("'--max-tokens' must be from 1 to \(1 << 20), but is \(maxTokens)")
    }
    guard temperature >= 0, temperature.isFinite else {
      throw InputError("'--temperature' must be 0 or a positive number, but is \(temperature)")
    }
    guard topP > 0, topP <= 1 else {
      throw InputError("'--top-p' must be above 0 and at most 1, but is \(topP)")
    }
  }

  func run() throws {
    let base = try common.openModel(source.model)
    let tokenizer = try base.tokenizer
    let prompt = try promptTokens(base)
    let ids = try base.model.generate(
      prompts: [prompt], limit: tokenLimit(after: prompt.count),
      endTokens: tokenizer.endTokens, sampler: sampler,
      weights: checkpoint.weights(of: base))[0]
    let result = Result(ids: ids, text: try tokenizer.decode(generated: ids))
    if ids.isEmpty { Output.log("note: the answer is empty: the model ends it at once") }
    if common.json { try Output.printJSON(result) } else { print(result.text) }
  }

  private func promptTokens(_ base: LoadedModel) throws -> [Int32] {
    try base.encoder(
      base.template(named: template, tuned: try checkpoint.format, fallback: .raw)
    )
    .promptTokens(for: Example(instruction: prompt, response: ""))
  }

  /// Returns how many tokens may follow a prompt.
  private func tokenLimit(after count: Int) throws -> Int {
    guard let lengthLimit else { return maxTokens }
    guard lengthLimit > count else {
      throw InputError(
        "'--length-limit' must be more than the \(count) tokens of the prompt, but is \(lengthLimit)"
      )
    }
    return min(maxTokens, lengthLimit - count)
  }

  private var sampler: Sampler {
    temperature == 0
      ? .greedy : .nucleus(temperature: temperature, topP: topP, seed: seed)
  }

  private struct Result: Encodable {
    let ids: [Int32]
    let text: String
  }
}
