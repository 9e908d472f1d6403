/// How much of an answer and of its reference overlap.
public struct OverlapScore: Equatable, Sendable {
  /// The share of the answer that is in the reference, from 0 to 1.
  public let precision: Double

  /// The share of the reference that is in the answer, from 0 to 1.
  public let recall: Double

  /// The harmonic mean of both, from 0 to 1.
  public let f: Double

  /// The score of texts that have nothing in common.
  static let none = OverlapScore(precision: 0, recall: 0, f: 0)

  init(precision: Double, recall: Double, f: Double) {
    self.precision = precision
    self.recall = recall
    self.f = f
  }

  /// Creates the score of `common` words of `answer` and `reference`, both positive.
  init(common: Int, answer: Int, reference: Int) {
    guard common > 0 else { self = .none; return }
    let precision = Double(common) / Double(answer)
    let recall = Double(common) / Double(reference)
    self.init(
      precision: precision, recall: recall, f: 2 * precision * recall / (precision + recall))
  }
}
