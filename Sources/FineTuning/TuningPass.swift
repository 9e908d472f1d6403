internal import Datasets
internal import Foundation
public import LanguageModels

/// Examples, packed for one pass through the model.
///
/// An example is a response, whose loss is the mean over its labels, or a question, whose loss is that
/// of choosing the right one of its options: with s_i the mean log-likelihood of the tokens of option i,
///
///     L = ln Σ_i exp s_i − s_right
///
/// Source: MeZO (arXiv:2305.17333), whose code calls it `train_as_classification`.
public struct TuningPass: Sendable {
  /// What goes through the model.
  public let packed: PackedBatch

  /// The questions, in order; none if the examples are responses.
  private let questions: [TokenizedQuestion]

  /// Packs examples, all with options to choose from or none.
  init(_ examples: [TokenizedExample]) {
    questions = examples.compactMap(\.question)
    precondition(questions.isEmpty || questions.count == examples.count, "options are missing")
    packed =
      questions.isEmpty
      ? PackedBatch(
        examples.map { .init($0.tokens, labels: $0.labels.joined()) })
      : PackedBatch(questions.map(\.continuations))
  }

  /// Takes sequences that are responses, each with a label at least.
  init(_ packed: PackedBatch) {
    self.packed = packed
    questions = []
  }

  /// The number of examples.
  var exampleCount: Int { questions.isEmpty ? packed.sequences.count : questions.count }

  /// The number of labels; of questions, which count as one token each, their number.
  var labelCount: Int {
    questions.isEmpty ? packed.sequences.reduce(0) { $0 + $1.labels.count } : questions.count
  }

  /// Returns the losses of the examples, given those of the sequences of ``packed``.
  func exampleLosses(_ losses: [SequenceLoss]) -> [SequenceLoss] {
    guard !questions.isEmpty else { return losses }
    return zip(questions, optionLosses(losses)).map {
      SequenceLoss(sum: $0.choiceLoss($1), labelCount: 1)
    }
  }

  /// Returns the derivative of the sum of the examples' losses, or of their labels' if those are what
  /// counts, with respect to the summed loss of each sequence of ``packed``; 0 for a prompt, which has no
  /// labels.
  func slopes(of objective: TuningObjective, at losses: [SequenceLoss]) -> [Double] {
    guard !questions.isEmpty else {
      return losses.map { objective == .tokenLoss ? 1 : 1 / Double($0.labelCount) }
    }
    var slopes = zip(questions, optionLosses(losses)).flatMap { $0.choiceSlopes($1) }[...]
    return losses.map { $0.labelCount == 0 ? 0 : slopes.removeFirst() / Double($0.labelCount) }
  }

  private func optionLosses(_ losses: [SequenceLoss]) -> [[SequenceLoss]] {
    PromptContinuations.losses(of: questions.map(\.continuations), in: losses)
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

  /// Returns the derivative of ``choiceLoss(_:)`` with respect to the mean loss of each option: 1 for
  /// the right one, less the probability of the option.
  func choiceSlopes(_ losses: [SequenceLoss]) -> [Double] {
    let least = losses.map(\.mean).min() ?? 0
    let powers = losses.map { exp(least - $0.mean) }
    let total = powers.reduce(0, +)
    return powers.enumerated().map { ($0 == answer ? 1 : 0) - $1 / total }
  }
}
