import Datasets
import Foundation
import Testing

@Suite("SyntheticTask")
struct SyntheticTaskTests {
  static let examples = SyntheticTask.examples(countPerTask: 300, seed: 1)

  static func examples(of task: SyntheticTask) -> [Example] {
    examples.filter { $0.category == task.rawValue }
  }

  /// The form of each family's answers.
  static let forms: [SyntheticTask: String] = [
    .sentiment: #"Sentiment: (positive|negative)"#,
    .topic: #"\[(sports|business|science|music|weather)\]"#,
    .reading: #"(Place: [A-Z][a-z]+|Year: \d{4}|Subject: [A-Za-z]+)"#,
    .email: #"\{"email": "[a-z]+\.[a-z]+@example\.(org|com|net)"\}"#,
    .date: #"\{"date": "\d{4}-\d{2}-\d{2}"\}"#,
    .ends: #"first=[a-z]+, last=[a-z]+"#,
    .acronym: #"Acronym: [A-Z]{3,4}"#,
    .capitals: #"[A-Z]+ [A-Z]+"#,
    .sorting: #"[a-z]+(, [a-z]+){2,3}"#,
    .oddOneOut: #"Answer: \([abcd]\)"#,
    .wordCount: #"Count: [2-7]"#,
    .comparison: #"Answer: (yes|no)"#,
    .conversion: #"\d+ [a-z]+ = \d+ [a-z]+"#,
    .colour: #"(red|green|blue|yellow|cyan|magenta) \(#[0-9a-f]{6}\)"#,
  ]

  @Test("a family answers in one form", arguments: SyntheticTask.allCases)
  func answersInForm(task: SyntheticTask) throws {
    let form = try Regex(#require(Self.forms[task]))
    #expect(try Self.examples(of: task).allSatisfy { try form.wholeMatch(in: $0.response) != nil })
  }

  @Test("prompts are short enough for a quick demonstration", arguments: SyntheticTask.allCases)
  func isShort(task: SyntheticTask) {
    let lengths = Self.examples(of: task).map {
      $0.instruction.count + $0.context.count + $0.response.count
    }
    #expect((lengths.max() ?? .max) <= 150)
  }

  @Test("a family has as many different examples as promised", arguments: SyntheticTask.allCases)
  func hasManyExamples(task: SyntheticTask) {
    let limit = SyntheticTask.countLimit
    let examples = SyntheticTask.examples(countPerTask: limit, seed: 7, tasks: [task])
    #expect(Set(examples).count == limit)
  }

  @Test("the data are a function of the seed; a longer set begins with the shorter one")
  func dependsOnSeedOnly() {
    #expect(SyntheticTask.examples(countPerTask: 20, seed: 1) == Array(Self.examples.prefix(280)))
    #expect(SyntheticTask.examples(countPerTask: 20, seed: 2) != Array(Self.examples.prefix(280)))
    let alone = SyntheticTask.examples(countPerTask: 300, seed: 1, tasks: [.date])
    #expect(alone == Self.examples(of: .date))
  }

  @Test("families with a choice of answers use all of them about equally")
  func answersAreBalanced() {
    let choices: [SyntheticTask: Int] = [
      .sentiment: 2, .topic: 5, .oddOneOut: 4, .wordCount: 6, .comparison: 2,
    ]
    for (task, count) in choices {
      let answers = Dictionary(grouping: Self.examples(of: task), by: \.response).values
      let deviations = answers.map { abs($0.count - 300 / count) }
      // The standard deviation is at most 8.7; five of them.
      #expect(answers.count == count && deviations.allSatisfy { $0 < 44 }, "\(task)")
    }
  }

  @Test("answers that can be computed are right")
  func answersAreRight() {
    let sorted = Self.examples(of: .sorting).allSatisfy { example in
      example.response == example.context.split(separator: " ").sorted().joined(separator: ", ")
    }
    let counted = Self.examples(of: .wordCount).allSatisfy { example in
      example.response == "Count: \(example.context.split(separator: " ").count)"
    }
    let compared = Self.examples(of: .comparison).allSatisfy { example in
      let words = example.instruction.dropLast().split(separator: " ")
      guard let left = Int(words[1]), let right = Int(words[4]) else { return false }
      let isTrue = words[2] == "greater" ? left > right : left < right
      return example.response == "Answer: \(isTrue ? "yes" : "no")"
    }
    let capital = Self.examples(of: .capitals).allSatisfy {
      $0.response == $0.context.uppercased()
    }
    let copied = (Self.examples(of: .email)).allSatisfy { example in
      example.context.contains(example.response.dropFirst(11).dropLast(2))
    }
    #expect([sorted, counted, compared, capital, copied] == [true, true, true, true, true])
  }
}
