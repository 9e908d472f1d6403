internal import Bytes
internal import Datasets
internal import FineTuning
internal import Foundation
internal import LanguageModels
internal import SeedBasis

/// What the model answered to a held-out example before and after tuning.
package struct SampleAnswer: Codable, Sendable {
  package let instruction: String
  package let context: String
  package let expected: String
  package let before: String
  package let after: String
  /// Whether the answer is the expected one, but for the space around it.
  package let isRightBefore, isRightAfter: Bool

  init(_ example: Example, before: String, after: String) {
    instruction = example.instruction
    context = example.context
    expected = example.response
    (self.before, self.after) = (before, after)
    let right = UTF8Text(trimmed(expected))
    isRightBefore = UTF8Text(trimmed(before)) == right
    isRightAfter = UTF8Text(trimmed(after)) == right
  }
}

private func trimmed(_ text: String) -> String {
  text.trimmingCharacters(in: .whitespacesAndNewlines)
}

/// The held-out examples of a run whose answers are shown before and after.
struct SampleQuestions {
  private static let count = 5
  /// The most tokens of an answer.
  private static let lengthLimit = 32

  private let run: PreparedRun
  let examples: [Example]
  /// The number of tokens of an answer at most: what the longest expected one takes, its end and a
  /// little more, by which one sees that the model goes on.
  private let length: Int

  init(_ run: PreparedRun) {
    self.run = run
    let context = run.base.model.configuration.contextLength
    let candidates = run.data.sampleExamples(count: Self.count).filter { !$0.isText }
    let length = min(
      Self.lengthLimit, 4 + (candidates.map { Self.responseLength($0, run) }.max() ?? 0))
    self.length = length
    examples = candidates.filter { example in
      let count = Self.promptLength(example, run)
      return count > 0 && count + length <= context
    }
  }

  private static func promptLength(_ example: Example, _ run: PreparedRun) -> Int {
    (try? run.encoder.promptTokens(for: example).count) ?? 0
  }

  private static func responseLength(_ example: Example, _ run: PreparedRun) -> Int {
    let all = (try? run.encoder.encode(example).tokens.count) ?? 0
    return max(0, all - promptLength(example, run))
  }

  /// Returns the answers at `coefficients`.
  ///
  /// - Parameter onProgress: Called with the number of examples that have been answered.
  func answers(
    at coefficients: Coefficients, of basis: SeedBasis, onProgress: (Int) -> Void
  ) throws -> [String] {
    try run.base.answers(
      to: examples, encoder: run.encoder, limit: length,
      weights: run.base.tuned(by: coefficients, of: basis), onProgress: onProgress
    ).map(trimmed)
  }

  /// Returns the examples with the answers before and after; none of those that were not asked.
  func samples(before: [String], after: [String]) -> [SampleAnswer] {
    zip(examples, zip(before, after)).map {
      SampleAnswer($0, before: $1.0, after: $1.1)
    }
  }
}
