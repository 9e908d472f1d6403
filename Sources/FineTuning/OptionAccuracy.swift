public import Datasets
public import LanguageModels
public import Metrics
public import Tensors

/// How often a model finds the right option likeliest, by three measures of likelihood.
///
/// The first two are lm-evaluation-harness's `acc` and `acc_norm`. Of equally likely options the
/// first is chosen.
public struct OptionAccuracy: Sendable, Equatable, Encodable {
  /// By the log-likelihood of an option, the sum over its tokens: `acc`.
  public let sum: Estimate

  /// By that sum divided by the option's length in characters: `acc_norm`.
  public let perCharacter: Estimate

  /// By that sum divided by the option's length in tokens: the choice of MeZO's code.
  public let perToken: Estimate

  /// The mean loss of choosing, in nats: what tuning by ``TuningObjective/options`` makes smaller.
  public let choiceLoss: Double

  init(_ questions: [TokenizedQuestion], losses: [[SequenceLoss]]) {
    func accuracy(_ loss: (SequenceLoss, TokenizedQuestion.Option) -> Double) -> Estimate {
      let right = zip(questions, losses).count { question, losses in
        let all = zip(losses, question.options).map(loss)
        return all.firstIndex(of: all.min() ?? .nan) == question.answer
      }
      return Estimate(successes: right, of: questions.count)
    }
    sum = accuracy { loss, _ in loss.sum }
    perCharacter = accuracy { loss, option in loss.sum / Double(max(1, option.characterCount)) }
    perToken = accuracy { loss, _ in loss.mean }
    choiceLoss =
      zip(questions, losses).reduce(0) { $0 + $1.0.choiceLoss($1.1) } / Double(questions.count)
  }
}

extension LoadedModel {
  /// Returns how often the right option of `questions`, at least one, is the likeliest.
  ///
  /// A prompt goes through the model once, whatever the number of its options.
  ///
  /// - Parameter onProgress: Called with the number of questions that have been scored.
  /// - Throws: ``ModelError`` if an option exceeds the model's context.
  public func optionAccuracy(
    of questions: [TokenizedQuestion], weights: any WeightSource,
    onProgress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> OptionAccuracy {
    var losses: [[SequenceLoss]] = []
    for batch in Self.batches(of: questions, tokenCount: \.tokenCount) {
      losses += try model.continuationLosses(of: batch.map(\.continuations), weights: weights)
      onProgress(losses.count)
    }
    return OptionAccuracy(questions, losses: losses)
  }
}

extension TokenizedQuestion {
  fileprivate var tokenCount: Int { options.reduce(prompt.count) { $0 + $1.tokens.count } }

  var continuations: PromptContinuations {
    PromptContinuations(prompt: prompt, continuations: options.map(\.tokens))
  }
}
