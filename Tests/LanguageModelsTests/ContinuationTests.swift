import LanguageModels
import TestSupport
import Testing

@Suite("Continuations of a shared prompt")
struct ContinuationTests {
  private static func question(
    _ checked: CheckedModel, prompt: Int, continuations: [Int]
  ) -> PromptContinuations {
    PromptContinuations(
      prompt: checked.tokens(prompt, seed: UInt64(prompt)),
      continuations: continuations.enumerated().map {
        checked.tokens($0.element, seed: UInt64(100 + $0.offset))
      })
  }

  /// The loss of each continuation by the slow oracle, which computes the prompt for each anew.
  private static func expected(
    _ checked: CheckedModel, _ question: PromptContinuations
  ) -> [(loss: Double, tolerance: Double)] {
    question.continuations.map { continuation in
      let text = question.prompt + continuation
      let logits = checked.naive.logits(text)
      let loss = (question.prompt.count..<text.count).reduce(0.0) {
        $0 + crossEntropy(logits[$1 - 1], text[$1])
      }
      // One loss differs by at most twice what the logits differ by.
      return (loss, 2 * Double(continuation.count) * checked.tolerance(logits))
    }
  }

  @Test(
    "a continuation has the loss of the whole text computed alone",
    arguments: [1, 2, 3, 64, 65, 100], [[1], [5, 1, 70], [2, 2, 2, 2]])
  func naive(prompt: Int, continuations: [Int]) throws {
    let checked = try CheckedModel.odd()
    let question = Self.question(checked, prompt: prompt, continuations: continuations)
    let found = try checked.model.continuationLosses(
      of: [question], weights: checked.weights)[0]
    #expect(found.map(\.labelCount) == continuations)
    for (found, expected) in zip(found, Self.expected(checked, question)) {
      #expect(abs(found.sum - expected.loss) <= expected.tolerance)
    }
  }

  @Test("several prompts in one pass keep to their own continuations", arguments: [1, 2, 5])
  func several(threads: Int) throws {
    let checked = try CheckedModel.tiny(threads: threads)
    let questions = [(7, [3, 4]), (1, [2]), (70, []), (33, [1, 9, 80])].map {
      Self.question(checked, prompt: $0.0, continuations: $0.1)
    }
    let found = try checked.model.continuationLosses(of: questions, weights: checked.weights)
    #expect(found.map(\.count) == [2, 1, 0, 3])
    for (found, question) in zip(found, questions) {
      for (found, expected) in zip(found, Self.expected(checked, question)) {
        #expect(abs(found.sum - expected.loss) <= expected.tolerance)
      }
    }
  }

  @Test("texts without tokens and texts beyond the context are refused")
  func refusals() throws {
    let checked = try CheckedModel.tiny()
    let model = checked.model
    let cases: [([Int32], [[Int32]], ModelError)] = [
      ([], [[1]], .emptySequence), ([1, 2], [[1], []], .emptySequence),
      (
        checked.tokens(250), [checked.tokens(7)],
        .contextExceeded(length: 257, contextLength: 256)
      ),
    ]
    for (prompt, continuations, error) in cases {
      #expect(throws: error) {
        try model.continuationLosses(
          of: [PromptContinuations(prompt: prompt, continuations: continuations)],
          weights: checked.weights)
      }
    }
  }
}
