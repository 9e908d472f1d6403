/// Exact match and token F1 after the normalisation of SQuAD.
///
/// A text is put in lower case; the 32 punctuation characters of ASCII are dropped, which joins
/// what they separated; the words *a*, *an* and *the* are dropped; white space separates words.
///
/// Source: Rajpurkar et al. 2016 (arXiv:1606.05250), the evaluation script of SQuAD 2.0.
public enum AnswerMatch {
  /// Returns 1 if the normalised texts are equal, else 0.
  public static func exact(answer: String, reference: String) -> Double {
    words(of: answer) == words(of: reference) ? 1 : 0
  }

  /// Returns the overlap of the words, each counted as often as both texts have it.
  ///
  /// If one of the texts has no word, the score is 1 where both have none, else 0.
  public static func overlap(answer: String, reference: String) -> OverlapScore {
    let answer = words(of: answer)
    let reference = words(of: reference)
    guard !answer.isEmpty, !reference.isEmpty else {
      return answer == reference ? OverlapScore(precision: 1, recall: 1, f: 1) : .none
    }
    var open = reference.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    let common = answer.count { word in
      guard let count = open[word], count > 0 else { return false }
      open[word] = count - 1
      return true
    }
    return OverlapScore(common: common, answer: answer.count, reference: reference.count)
  }

  /// The normalised words in UTF-8.
  private static func words(of text: String) -> [[UInt8]] {
    let letters = text.pythonLowercased.filter { !$0.isASCIIPunctuation }
    return droppingArticles(letters).words.map(\.utf8)
  }

  /// Replaces articles by spaces; like the pattern `\b(a|an|the)\b`, also those beside a dash.
  private static func droppingArticles(_ letters: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var rest = letters[...]
    while let first = rest.first {
      let isWord = first.isPythonWord
      let run = rest.prefix { $0.isPythonWord == isWord }
      result += isWord && articles.contains(Array(run)) ? [" "] : Array(run)
      rest = rest[run.endIndex...]
    }
    return result
  }

  private static let articles = ["a", "an", "the"].map { Array($0.unicodeScalars) }
}

extension Unicode.Scalar {
  /// Whether the scalar is one of Python's `string.punctuation`.
  fileprivate var isASCIIPunctuation: Bool {
    ("!"..."/").contains(self) || (":"..."@").contains(self) || ("["..."`").contains(self)
      || ("{"..."~").contains(self)
  }
}
