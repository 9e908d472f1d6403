/// The longest common subsequences of a reference and an answer, in words.
///
/// Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", section 3.
struct LongestCommonSubsequence {
  private let reference: [Int]
  private let answer: [Int]

  /// The length for the first `i` words of the reference and `j` of the answer, at
  /// `i · (answer.count + 1) + j`.
  private var lengths: [Int32]

  /// Compares two lists of words.
  ///
  /// - Complexity: O(reference · answer), in time and in memory of 4 bytes each.
  init(reference: [Int], answer: [Int]) {
    self.reference = reference
    self.answer = answer
    lengths = [Int32](repeating: 0, count: (reference.count + 1) * (answer.count + 1))
    for i in 1..<reference.count + 1 {
      for j in 1..<answer.count + 1 {
        lengths[index(i, j)] =
          reference[i - 1] == answer[j - 1]
          ? lengths[index(i - 1, j - 1)] + 1
          : max(lengths[index(i - 1, j)], lengths[index(i, j - 1)])
      }
    }
  }

  /// The number of words of a longest common subsequence.
  var length: Int { Int(lengths[index(reference.count, answer.count)]) }

  /// Where, walking back, one goes if both directions are equally good.
  enum Tie {
    /// One word back in the answer, as `rouge` 1.0.1 does.
    case answer
    /// One word back in the reference, as `rouge_score` does.
    case reference
  }

  /// Returns the places in the reference of one longest common subsequence, ascending.
  ///
  /// Which one matters: a summary's score counts the words of several of them together.
  func places(tie: Tie) -> [Int] {
    var (i, j) = (reference.count, answer.count)
    var places: [Int] = []
    while i > 0, j > 0 {
      let (up, left) = (lengths[index(i - 1, j)], lengths[index(i, j - 1)])
      if reference[i - 1] == answer[j - 1] {
        (i, j) = (i - 1, j - 1)
        places.append(i)
      } else if up > left || up == left && tie == .reference {
        i -= 1
      } else {
        j -= 1
      }
    }
    return places.reversed()
  }

  private func index(_ i: Int, _ j: Int) -> Int { i * (answer.count + 1) + j }
}
