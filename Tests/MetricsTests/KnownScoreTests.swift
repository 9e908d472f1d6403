// Scores worked out by hand from the definitions.

import Metrics
import Testing

@Suite("Known scores")
struct KnownScoreTests {
  @Test("the summary example of Lin's paper: two answer sentences cover four of five words")
  func unionOfSubsequences() {
    let score = UnionRougeL.score(
      answer: "w1 w2 w6 w7 w8. w1 w3 w8 w9 w5", reference: "w1 w2 w3 w4 w5")
    #expect(score.recall == 4.0 / 5 && score.precision == 4.0 / 8)
  }

  @Test(
    "F has the value that its definition gives",
    arguments: [
      // Twice the same word counts once in one dialect and twice in the other.
      (TextMetric.rougeL, "so so", "so", 2 / (2 + 1e-8)),
      (.googleRougeL, "so so", "so", 2.0 / 3),
      // Case and punctuation.
      (.rougeL, "Yes!", "yes", 0), (.googleRougeL, "Yes!", "yes", 1),
      // Lines change places: only the summary's score ignores it.
      (.googleRougeL, "b\na", "a\nb", 0.5), (.googleRougeLSum, "b\na", "a\nb", 1),
      (.googleRougeL, "running rivers", "runs river", 0),
      (.googleRougeLStem, "running rivers", "runs river", 1),
      (.exactMatch, "The Seine.", "seine", 1), (.exactMatch, "a seine net", "seine", 0),
      (.f1, "the Seine in Paris", "Seine", 0.5), (.f1, "a the", "", 1), (.f1, "", "Seine", 0),
    ])
  func known(metric: TextMetric, answer: String, reference: String, f: Double) {
    #expect(abs(metric.score(answer: answer, reference: reference) - f) < 1e-15)
  }

  @Test("swapping the texts swaps precision and recall")
  func symmetry() {
    let there = GoogleRougeL(stemming: false).score(answer: "a b c d", reference: "b d")
    let back = GoogleRougeL(stemming: false).score(answer: "b d", reference: "a b c d")
    #expect(there.precision == 0.5 && there.recall == 1)
    #expect(back.precision == there.recall && back.recall == there.precision && back.f == there.f)
  }

  @Test(
    "Wilson's interval ends where the score test does",
    arguments: [
      // The roots of |share - p| = 1.96 √(p (1 - p) / n), computed with 40 digits.
      (0, 10, 0.0, 0.2775327998628892), (5, 10, 0.236593090512564, 0.7634069094874361),
      (10, 10, 0.7224672001371107, 1.0), (436, 872, 0.46688648025422663, 0.5331135197457734),
    ])
  func wilson(successes: Int, trials: Int, lower: Double, upper: Double) {
    let estimate = Estimate(successes: successes, of: trials)
    #expect(abs(estimate.lower - lower) < 1e-12 && abs(estimate.upper - upper) < 1e-12)
  }

  @Test("the interval of a mean is 1.96 standard errors wide on each side, within 0 and 1")
  func meanInterval() {
    let estimate = Estimate(scores: [0.25, 0.5, 0.75])
    let halfWidth = 1.959963984540054 * 0.25 / 3.0.squareRoot()
    #expect(estimate.mean == 0.5 && abs(estimate.upper - 0.5 - halfWidth) < 1e-15)
    #expect(Estimate(scores: [0.3]) != Estimate(scores: [0.3, 0.3]))
    #expect(Estimate(scores: [0.3]).lower == 0 && Estimate(scores: [1, 1, 0]).upper == 1)
  }
}
