/// A metric that compares an answer with a reference, by the name it has on the command line.
public enum TextMetric: String, CaseIterable, Codable, Sendable {
  /// F of ``UnionRougeL``: that of the package `rouge` 1.0.1 and of FedKSeed's paper.
  case rougeL = "rouge-l"
  /// F of `rougeL` of the package `rouge_score`.
  case googleRougeL = "google-rouge-l"
  /// F of `rougeLsum` of the package `rouge_score`.
  case googleRougeLSum = "google-rouge-lsum"
  /// F of `rougeL` of the package `rouge_score` with stemming.
  case googleRougeLStem = "google-rouge-l-stem"
  /// F of `rougeLsum` of the package `rouge_score` with stemming.
  case googleRougeLSumStem = "google-rouge-lsum-stem"
  /// ``AnswerMatch/exact(answer:reference:)``.
  case exactMatch = "exact-match"
  /// F of ``AnswerMatch/overlap(answer:reference:)``.
  case f1

  /// Returns the score of `answer`, from 0 to 1; more is better.
  public func score(answer: String, reference: String) -> Double {
    switch self {
    case .rougeL: UnionRougeL.score(answer: answer, reference: reference).f
    case .googleRougeL, .googleRougeLStem: google.score(answer: answer, reference: reference).f
    case .googleRougeLSum, .googleRougeLSumStem:
      google.summaryScore(answer: answer, reference: reference).f
    case .exactMatch: AnswerMatch.exact(answer: answer, reference: reference)
    case .f1: AnswerMatch.overlap(answer: answer, reference: reference).f
    }
  }

  private var google: GoogleRougeL {
    GoogleRougeL(stemming: self == .googleRougeLStem || self == .googleRougeLSumStem)
  }
}
