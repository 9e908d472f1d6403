internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import Reports

/// Computes the loss of a model on examples.
struct ScoreExamples: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Compute the loss of a model on examples.",
    discussion: """
      An example's loss is the mean negative log-likelihood of its response and the end token, in \
      nats.

        fedkseed score MODEL --data examples.jsonl
        fedkseed score MODEL --data examples.jsonl --kseed my.kseed
      """)

  @OptionGroup var source: ModelArgument
  @OptionGroup var data: DataOptions
  @OptionGroup var checkpoint: SeedCheckpointOption
  @OptionGroup var common: CommonOptions

  func run() throws {
    let dataset = try data.read()
    let base = try common.openModel(source.model)
    let encoded = try data.encoder(for: base).encode(dataset.examples)
    if let summary = encoded.rejectionSummary { Output.log(summary) }
    guard !encoded.examples.isEmpty else {
      throw InputError("'--data' \(data.data): no example can be used; see the reason above")
    }
    let weights = try checkpoint.weights(of: base)
    let bar = ProgressBar("scoring", total: encoded.examples.count, unit: "examples")
    var done = 0
    let score = try base.score(encoded.examples, weights: weights) { count in
      bar.advance(by: count - done)
      done = count
    }
    bar.finish()
    try show(Result(score))
  }

  private func show(_ result: Result) throws {
    guard !common.json else { return try Output.printJSON(result) }
    Output.printTable([
      ("examples", "\(result.examples)"),
      ("loss per example", "\(result.lossPerExample) nats"),
      ("loss per token", "\(result.lossPerToken) nats"), ("perplexity", "\(result.perplexity)"),
    ])
  }

  private struct Result: Encodable {
    let examples: Int
    let lossPerExample: Double
    let lossPerToken: Double
    let perplexity: Double
    let losses: [Double]

    init(_ score: Score) {
      examples = score.losses.count
      lossPerExample = score.lossPerExample
      lossPerToken = score.lossPerToken
      perplexity = score.perplexity
      losses = score.losses
    }
  }
}
