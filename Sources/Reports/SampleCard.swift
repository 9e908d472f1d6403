internal import Foundation

/// A held-out example with the answers to it side by side, the right ones marked.
struct SampleCard {
  /// An answer, and whose it is.
  struct Answer {
    var name: String
    var text: String
    var isRight: Bool
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
    element("div", ["class": answer.isRight ? "answer match" : "answer"]) {
      element("h4") {
        if let color = answer.color { CurveSign(color: color).markup() }
        answer.isRight ? answer.name + " \u{2713} as expected" : answer.name
      }
      quotation(answer.text)
    }
  }

  private func quotation(_ text: String) -> Markup {
    let shown = text.trimmingCharacters(in: .whitespacesAndNewlines)
    // `dir`: text that runs from right to left must not reorder what is around it.
    return element("blockquote", ["dir": "auto"]) { shown.isEmpty ? "(nothing)" : shown }
  }
}

extension Sample {
  /// An answer to this example.
  func answer(_ name: String, _ text: String, color: Int? = nil) -> SampleCard.Answer {
    SampleCard.Answer(name: name, text: text, isRight: isRight(text), color: color)
  }
}
