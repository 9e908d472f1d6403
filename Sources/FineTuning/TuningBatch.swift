public import Datasets
internal import Foundation
public import LanguageModels
internal import Tensors

/// The examples of a step, packed for one pass.
///
/// An example is a response, whose loss is the mean over its labels, or a question, whose loss is that
/// of choosing the right one of its options: with s_i the mean log-likelihood of the tokens of option i,
///
///     L = ln Σ_i exp s_i − s_right
///
/// Source: MeZO (arXiv:2305.17333), whose code calls it `train_as_classification`.
public struct TuningBatch: Sendable {
  /// What goes through the model.
  public let packed: PackedBatch

  /// The questions, in order; none if the examples are responses.
  private let questions: [TokenizedQuestion]

  /// Packs examples, all with options to choose from or none.
  public init(_ examples: [TokenizedExample]) {
    questions = examples.compactMap(\.question)
    precondition(questions.isEmpty || questions.count == examples.count, "options are missing")
    packed =
      questions.isEmpty
      ? PackedBatch(
        examples.map { .init($0.tokens, labels: $0.responseStart..<$0.tokens.count) })
      : PackedBatch(questions.map(\.continuations))
  }

  /// Creates a batch of sequences that are responses, each with a label at least.
  public init(_ packed: PackedBatch) {
    self.packed = packed
    questions = []
  }

  /// Returns the losses of the examples, given those of the sequences of ``packed``.
  func exampleLosses(_ losses: [SequenceLoss]) -> [SequenceLoss] {
    guard !questions.isEmpty else { return losses }
    let options = PromptContinuations.losses(of: questions.map(\.continuations), in: losses)
    return zip(questions, options).map {
      SequenceLoss(sum: $0.choiceLoss($1), labelCount: 1)
    }
  }
}

extension TokenizedQuestion {
  /// Returns the negative log-likelihood of choosing the right option, in nats.
  ///
  /// - Parameter losses: Those of the options, in order.
  func choiceLoss(_ losses: some Sequence<SequenceLoss>) -> Double {
    let means = losses.map(\.mean)
    let least = means.min() ?? 0
    return log(means.reduce(0) { $0 + exp(least - $1) }) + means[answer] - least
  }
}

extension LoadedModel {
  /// Returns the loss of each example of `batch`.
  func batchLosses(
    of batch: TuningBatch, weights: any WeightSource
  ) throws(ModelError) -> [SequenceLoss] {
    batch.exampleLosses(try model.losses(of: batch.packed, weights: weights))
  }

  /// Returns the loss of each example of `batch` on both sides of `weights`.
  func batchLosses(
    of batch: TuningBatch, weights: any TwoSidedWeightSource
  ) throws(ModelError) -> Sides<[SequenceLoss]> {
    try model.losses(of: batch.packed, weights: weights).map(batch.exampleLosses)
  }
}
