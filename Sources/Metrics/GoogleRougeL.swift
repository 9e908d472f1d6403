/// ROUGE-L as Google's Python package `rouge_score` computes it.
///
/// Not comparable to ``UnionRougeL``. Words are runs of `a`-`z` and `0`-`9` after lower-casing;
/// everything else, other scripts too, only separates them.
///
/// Source: `rouge_score` 0.1.2, `rouge_scorer.py`, with `split_summaries=False`.
public struct GoogleRougeL: Sendable {
  /// Whether words of more than three letters are reduced to their stems.
  public let stemming: Bool

  /// Creates the metric; `stemming` is the package's `use_stemmer`.
  public init(stemming: Bool) {
    self.stemming = stemming
  }

  /// Returns `rougeL`: the longest common subsequence of the whole texts.
  ///
  /// - Complexity: O(answer · reference) in words.
  public func score(answer: String, reference: String) -> OverlapScore {
    var numbers = WordNumbers()
    let answer = numbers.of(words(of: answer.unicodeScalars))
    let reference = numbers.of(words(of: reference.unicodeScalars))
    return OverlapScore(
      common: LongestCommonSubsequence(reference: reference, answer: answer).length,
      answer: answer.count, reference: reference.count)
  }

  /// Returns `rougeLsum`: lines are sentences, and the subsequences of all are put together.
  ///
  /// A word counts as often as both texts have it, at most.
  ///
  /// - Complexity: O(answer · reference) in words.
  public func summaryScore(answer: String, reference: String) -> OverlapScore {
    var numbers = WordNumbers()
    let answer = lines(of: answer).map { numbers.of($0) }
    let reference = lines(of: reference).map { numbers.of($0) }
    var inAnswer = counts(answer)
    var inReference = counts(reference)
    var hits = 0
    for line in reference {
      for word in union(of: line, with: answer) {
        guard let here = inAnswer[word], here > 0, let there = inReference[word], there > 0
        else { continue }
        inAnswer[word] = here - 1
        inReference[word] = there - 1
        hits += 1
      }
    }
    return OverlapScore(
      common: hits, answer: answer.joined().count, reference: reference.joined().count)
  }

  /// The words of a reference line that are in its longest common subsequence with an answer line.
  private func union(of line: [Int], with answer: [[Int]]) -> [Int] {
    var isCommon = line.map { _ in false }
    for other in answer {
      let subsequence = LongestCommonSubsequence(reference: line, answer: other)
      for place in subsequence.places(tie: .reference) { isCommon[place] = true }
    }
    return line.indices.filter { isCommon[$0] }.map { line[$0] }
  }

  private func counts(_ lines: [[Int]]) -> [Int: Int] {
    lines.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  private func lines(of text: String) -> [[[UInt8]]] {
    text.unicodeScalars.split(separator: "\n").map { words(of: $0) }
  }

  private func words(of text: some Collection<Unicode.Scalar>) -> [[UInt8]] {
    // Some letters of other scripts have one of `a`-`z` in their lower case: the sign of kelvin.
    let letters = text.flatMap { $0.properties.lowercaseMapping.utf8 }
    let words = letters.split { !$0.isLetterOrDigit }.map(Array.init)
    return stemming ? words.map { $0.count > 3 ? PorterStemmer.stem(of: $0) : $0 } : words
  }
}

extension UInt8 {
  /// Whether the byte is one of `a`-`z` and `0`-`9`.
  fileprivate var isLetterOrDigit: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}
