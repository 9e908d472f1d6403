import CounterRandom

/// A family of instruction tasks made by this code, so that a demonstration needs no data.
///
/// Every family answers briefly and in one format of its own, which its instruction does not
/// mention. A model that was never tuned on it says the right thing in the wrong form; a few
/// hundred steps of tuning suffice to learn the form. The name of the family is the category of
/// its examples.
///
///     let examples = SyntheticTask.examples(countPerTask: 100, seed: 1)
public enum SyntheticTask: String, CaseIterable, Sendable {
  /// A review: `Sentiment: positive`.
  case sentiment
  /// A headline: `[sports]`.
  case topic
  /// A short passage and a question about it: `Place: Paris`.
  case reading
  /// The address in a sentence: `{"email": "anna.lee@example.org"}`.
  case email
  /// The day in a sentence: `{"date": "2021-03-14"}`.
  case date
  /// The ends of a word list: `first=river, last=stone`.
  case ends
  /// The initials of a name: `Acronym: NRI`.
  case acronym
  /// Words in capital letters: `QUIET RIVER`.
  case capitals
  /// Words in alphabetical order: `apple, fig, pear`.
  case sorting
  /// The word that does not belong: `Answer: (b)`.
  case oddOneOut = "odd-one-out"
  /// The number of words: `Count: 5`.
  case wordCount = "word-count"
  /// Which number is larger: `Answer: yes`.
  case comparison
  /// One unit in another: `12 km = 12000 m`.
  case conversion
  /// The name of a colour: `red (#f0140c)`.
  case colour

  /// The largest number of different examples that every family is sure to have.
  public static let countLimit = 2000

  /// Returns different examples of every family, the families in turn.
  ///
  /// A function of its arguments; more examples of one seed begin with the same ones.
  ///
  /// - Parameters:
  ///   - countPerTask: From 0 to ``countLimit``.
  ///   - seed: The run's seed of the data.
  ///   - tasks: The families.
  public static func examples(
    countPerTask: Int, seed: UInt64, tasks: [SyntheticTask] = allCases
  ) -> [Example] {
    precondition(
      (0...countLimit).contains(countPerTask),
      "\(countPerTask) examples per task; expected 0 to \(countLimit)")
    let columns = tasks.map { $0.differentExamples(count: countPerTask, seed: seed) }
    return (0..<countPerTask).flatMap { row in columns.map { $0[row] } }
  }

  private func differentExamples(count: Int, seed: UInt64) -> [Example] {
    var stream = RandomStream(seed: seed, tag: .syntheticData, a: streamNumber)
    var seen: Set<Example> = []
    var examples: [Example] = []
    while examples.count < count {
      let example = makeExample(&stream)
      if seen.insert(example).inserted { examples.append(example) }
    }
    return examples
  }

  /// The number of the family's stream: its place in the list, so append new families only.
  private var streamNumber: UInt32 {
    UInt32(Self.allCases.firstIndex(of: self) ?? 0)
  }

  private func makeExample(_ stream: inout RandomStream) -> Example {
    var example =
      switch self {
      case .sentiment: Self.sentimentExample(&stream)
      case .topic: Self.topicExample(&stream)
      case .reading: Self.readingExample(&stream)
      case .email: Self.emailExample(&stream)
      case .date: Self.dateExample(&stream)
      case .ends: Self.endsExample(&stream)
      case .acronym: Self.acronymExample(&stream)
      case .capitals: Self.capitalsExample(&stream)
      case .sorting: Self.sortingExample(&stream)
      case .oddOneOut: Self.oddOneOutExample(&stream)
      case .wordCount: Self.wordCountExample(&stream)
      case .comparison: Self.comparisonExample(&stream)
      case .conversion: Self.conversionExample(&stream)
      case .colour: Self.colourExample(&stream)
      }
    example.category = rawValue
    return example
  }
}

extension RandomStream {
  /// One element of a list that is not empty.
  mutating func choice<Element>(_ elements: [Element]) -> Element {
    elements[next(below: elements.count)]
  }

  /// `count` different elements of a list, in random order.
  mutating func choices<Element>(_ count: Int, of elements: [Element]) -> [Element] {
    sample(count, below: elements.count).map { elements[$0] }
  }

  /// An integer of a range.
  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + next(below: range.count)
  }
}
