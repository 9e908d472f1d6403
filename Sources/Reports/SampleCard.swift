internal import Foundation

/// A held-out example with the answers to it side by side, the right ones marked.
struct SampleCard {
  /// An answer, and whose it is.
  struct Answer {
    var name: String
    var text: String
    /// The number of the colour of the run that gave it, where there are several.
    var color: Int?
  }

  var instruction: String
  var expected: String
  var answers: [Answer]

  /// The card.
  func markup() -> Markup {
    element("article", ["class": "sample card"]) {
      element("div", ["class": "instruction"]) {
        element("h4") { "Instruction" }
        quotation(instruction)
      }
      element("div", ["class": "answers"]) {
        element("div", ["class": "answer"]) {
          element("h4") { "Expected" }
          quotation(expected)
        }
        for answer in answers { part(answer) }
      }
    }
  }

  private func part(_ answer: Answer) -> Markup {
    let isRight = trimmed(answer.text) == trimmed(expected)
    return element("div", ["class": isRight ? "answer match" : "answer"]) {
      element("h4") {
        if let color = answer.color { CurveSign(color: color).markup() }
        isRight ? answer.name + " \u{2713} as expected" : answer.name
      }
      quotation(answer.text)
    }
  }

  private func quotation(_ text: String) -> Markup {
    let shown = trimmed(text)
    // `dir`: text that runs from right to left must not reorder what is around it.
    return element("blockquote", ["dir": "auto"]) { shown.isEmpty ? "(nothing)" : shown }
  }
}

/// An answer counts as the expected one whatever space is around it.
private func trimmed(_ text: String) -> String {
  text.trimmingCharacters(in: .whitespacesAndNewlines)
}
