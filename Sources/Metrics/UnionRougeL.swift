/// ROUGE-L as the Python package `rouge` 1.0.1 computes it: the metric of FedKSeed's paper.
///
/// Not comparable to ``GoogleRougeL``. A text is split at full stops into sentences, and these at
/// white space into words; case and punctuation count. The score is that of a whole summary: the
/// words of the longest common subsequences of every reference sentence with every answer sentence
/// are put together, and each *different* word is counted once, in both texts too.
///
/// Two peculiarities are kept. A sentence of spaces only counts as one empty word. The mean's
/// denominator has 1e-8 added, so that equal texts score 0.999999995.
///
/// Source: `rouge` 1.0.1, `rouge_l_summary_level` with `exclusive=True`. For texts of about a
/// thousand words and more the original ends with Python's recursion limit; this one does not.
public enum UnionRougeL {
  /// Returns the score of `answer`; 0 if one of the texts has no sentence.
  ///
  /// The package raises an error then, which FedKSeed's reference code counts as 0.
  ///
  /// - Complexity: O(answer · reference) in words.
  public static func score(answer: String, reference: String) -> OverlapScore {
    var numbers = WordNumbers()
    let answer = sentences(of: answer).map { numbers.of($0) }
    let reference = sentences(of: reference).map { numbers.of($0) }
    guard !answer.isEmpty, !reference.isEmpty else { return .none }
    var common: Set<Int> = []
    for sentence in reference {
      for other in answer {
        let subsequence = LongestCommonSubsequence(reference: sentence, answer: other)
        common.formUnion(subsequence.places(tie: .answer).map { sentence[$0] })
      }
    }
    let precision = Double(common.count) / Double(Set(answer.joined()).count)
    let recall = Double(common.count) / Double(Set(reference.joined()).count)
    return OverlapScore(
      precision: precision, recall: recall,
      f: 2 * (precision * recall / (precision + recall + 1e-8)))
  }

  /// The words of each sentence in UTF-8.
  private static func sentences(of text: String) -> [[[UInt8]]] {
    text.unicodeScalars.split(separator: ".").map { sentence in
      let words = sentence.words.map(\.utf8)
      return words.isEmpty ? [[]] : words
    }
  }
}
