internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import LanguageModels
internal import Metrics
internal import Reports

/// Evaluates a model on examples: losses, options, answers.
struct ScoreExamples: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Evaluate a model on examples.",
    discussion: """
      An example's loss is the mean negative log-likelihood of its response and the end token, in \
      nats. Accuracies and metrics come with intervals of 95 % confidence. Documentation/Data.md \
      has the definitions.

        fedkseed score MODEL --data examples.jsonl --kseed my.kseed
        fedkseed score MODEL --data sst2/dev.tsv --template raw --options
        fedkseed score MODEL --data examples.jsonl --metrics rouge-l,f1

      'fedkseed score --help-all' has the options that are rarely needed too.
      """)

  @OptionGroup var source: ModelArgument
  @OptionGroup var data: DataOptions
  @OptionGroup var checkpoint: SeedCheckpointOption

  @Flag(help: "Measure how often the right one of an example's options is the likeliest.")
  var options = false

  @Option(
    help: ArgumentHelp(
      "Compare greedy answers with the responses.",
      discussion: "Names with commas between them: "
        + TextMetric.allCases.map(\.rawValue).joined(separator: ", ") + "."))
  var metrics: TextMetrics?

  @Option(name: .maxTokens, help: "The number of tokens of an answer at most.")
  var maxTokens = 128

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1 << 20).contains(maxTokens) else {
      throw InputError("'--max-tokens' must be from 1 to \(1 << 20), but is \(maxTokens)")
    }
  }

  func run() throws {
    let examples = try data.read().evaluation
    let base = try common.openModel(source.model)
    let encoder = try data.encoder(for: base, tuned: checkpoint.format)
    let encoding = encoder.encode(examples)
    let encoded = try usable(encoding)
    if let summary = encoding.cutSummary { Output.log(summary) }
    let questions = options ? try usable(encoder.encodeQuestions(examples)) : []
    let weights = try checkpoint.weights(of: base)
    var result = ScoreResult(
      try watching("scoring", encoded.count) {
        try base.score(encoded, weights: weights, onProgress: $0)
      })
    if options {
      result.accuracy = try watching("choosing", questions.count) {
        try base.optionAccuracy(of: questions, weights: weights, onProgress: $0)
      }
    }
    if let metrics {
      let answerable = try answerable(examples, encoder, base)
      let answers = try watching("answering", answerable.count) {
        try base.answers(
          to: answerable, encoder: encoder, limit: maxTokens, weights: weights, onProgress: $0)
      }
      result.answers = answers
      result.metrics = metrics.list.map { ($0, $0.estimate(of: answers, to: answerable)) }
    }
    try common.json ? Output.printJSON(result) : Output.printTable(result.rows)
  }

  /// Returns the examples that can be used, at least one, and tells of the others.
  private func usable<Item>(_ encoded: EncodedDataset<Item>) throws -> [Item] {
    if let summary = encoded.rejectionSummary { Output.log(summary) }
    guard !encoded.examples.isEmpty else {
      throw InputError("'--data' \(data.data): no example can be used; see the reason above")
    }
    return encoded.examples
  }

  /// Returns the examples whose prompts leave room for an answer, at least one.
  private func answerable(
    _ examples: [Example], _ encoder: ExampleEncoder, _ base: LoadedModel
  ) throws -> [Example] {
    let context = base.model.configuration.contextLength
    let some = examples.filter {
      let prompt = (try? encoder.promptTokens(for: $0)) ?? []
      return (1...max(1, context - maxTokens)).contains(prompt.count)
    }
    if some.count < examples.count {
      Output.log(
        "\(examples.count - some.count) of \(examples.count) examples are not answered: prompt and "
          + "answer exceed the context of \(context) tokens")
    }
    guard !some.isEmpty else {
      throw InputError("'--max-tokens' \(maxTokens) leaves no room for a prompt; lower it")
    }
    return some
  }

  /// Runs `work` beside a progress bar that it advances to the counts it reports.
  private func watching<Value>(
    _ label: String, _ total: Int, _ work: ((Int) -> Void) throws -> Value
  ) rethrows -> Value {
    let bar = ProgressBar(label, total: total, unit: "examples")
    defer { bar.finish() }
    var done = 0
    return try work { count in
      bar.advance(by: count - done)
      done = count
    }
  }
}

/// The names of metrics with commas between them.
struct TextMetrics: ExpressibleByArgument {
  let list: [TextMetric]

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    list = names.compactMap { TextMetric(rawValue: String($0)) }
    guard list.count == names.count, Set(list).count == list.count else { return nil }
  }
}
