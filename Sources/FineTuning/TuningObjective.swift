internal import LanguageModels
internal import Metrics
internal import Tensors
internal import Tokenizers

/// What tuning makes smaller.
///
/// Steps that measure losses need values only, so it may be 1 − a metric of the model's greedy answers;
/// steps along all K directions need a derivative.
public enum TuningObjective: String, Codable, CaseIterable, Sendable {
  /// The mean loss of the responses, each the mean over its labels, in nats.
  case loss
  /// The mean loss over all labels of a batch, in nats: a long response counts more than a short one.
  case tokenLoss = "token-loss"
  /// The mean loss of choosing the right one of an example's options, in nats.
  case options
  /// 1 − F of ROUGE-L.
  case rougeL = "rouge-l"
  /// 1 − the share of answers that are exactly right.
  case exactMatch = "exact-match"
  /// 1 − F of the words shared.
  case f1

  /// The metric, unless the objective is the loss.
  var metric: TextMetric? { TextMetric(rawValue: rawValue) }

  /// Returns the loss of a batch, given those of its examples, at least one.
  func mean(of losses: [SequenceLoss]) -> Double {
    guard self == .tokenLoss else {
      return losses.reduce(0) { $0 + $1.mean } / Double(losses.count)
    }
    let labelCount = losses.reduce(0) { $0 + $1.labelCount }
    return losses.reduce(0) { $0 + $1.sum } / Double(labelCount)
  }
}

extension LoadedModel {
  /// Returns 1 − the mean of `metric` over the greedy answers to the prompts of `batch`, of conversations
  /// over the last answers.
  ///
  /// An answer ends with its end token, or when it has twice as many tokens as the longest reference.
  ///
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  func answerLoss(
    of batch: PackedBatch, by metric: TextMetric, weights: any WeightSource
  ) throws -> Double {
    let tokenizer = try tokenizer
    let endTokens = tokenizer.endTokens
    let prompts = batch.sequences.map { Array($0.tokens.prefix($0.lastLabels.first ?? 0)) }
    let references = batch.sequences.map { sequence in
      sequence.lastLabels.map { sequence.tokens[$0] }.filter { !endTokens.contains($0) }
    }
    let longest = (prompts.map(\.count).max() ?? 0)
    let limit = min(
      2 * (references.map(\.count).max() ?? 0), model.configuration.contextLength - longest)
    let answers = try model.generate(
      prompts: prompts, limit: limit, endTokens: endTokens, weights: weights)
    let scores = try zip(answers, references).map { answer, reference in
      metric.score(
        answer: try tokenizer.decode(generated: answer, skippingSpecialTokens: true),
        reference: try tokenizer.decode(generated: reference, skippingSpecialTokens: true))
    }
    return 1 - scores.reduce(0, +) / Double(scores.count)
  }
}
