import Foundation

extension RunReport {
  /// The report as one HTML page that needs nothing else: no script, no font, no network.
  ///
  /// Every text of the report is shown as it is, whatever it contains.
  public func html() -> String {
    page(title: title) { sections() }
  }

  @MarkupBuilder private func sections() -> Markup {
    element("header") {
      element("h1") { title }
      if !summary.isEmpty { element("p", ["class": "summary"]) { summary } }
    }
    if !figures.isEmpty { figureCards() }
    if !plots.isEmpty { section("The run") { plotGrid(plots) } }
    if !samples.isEmpty { section("Answers before and after") { sampleCards() } }
    if seeds.contains(where: { $0.steps > 0 }) {
      section("The most significant seeds") { seedTable() }
    }
    if !clients.isEmpty { section("Clients") { ClientTable(clients).markup() } }
    section("How to repeat it") { record() }
  }

  private func figureCards() -> Markup {
    element("dl", ["class": "figures"]) {
      for figure in figures {
        element("div") {
          element("dt") { figure.label }
          element("dd", ["class": "value"]) { figure.value }
          if !figure.note.isEmpty { element("dd", ["class": "note"]) { figure.note } }
        }
      }
    }
  }

  @MarkupBuilder private func sampleCards() -> Markup {
    for sample in samples {
      element("article", ["class": "sample"]) {
        answer("Instruction", sample.instruction, style: "instruction")
        element("div", ["class": "answers"]) {
          answer("Expected", sample.expected)
          answer("Before", sample.before, matches: sample.isExpected(sample.before))
          answer("After", sample.after, matches: sample.isExpected(sample.after))
        }
      }
    }
  }

  private func answer(
    _ name: String, _ text: String, style: String = "answer", matches: Bool = false
  ) -> Markup {
    let shown = trimmed(text)
    return element("div", ["class": matches ? "\(style) match" : style]) {
      element("h4") { matches ? name + " \u{2713} as expected" : name }
      // `dir`: text that runs from right to left must not reorder what is around it.
      element("blockquote", ["dir": "auto"]) { shown.isEmpty ? "(nothing)" : shown }
    }
  }

  @MarkupBuilder private func record() -> Markup {
    if !commandLine.isEmpty { element("pre") { element("code") { commandLine } } }
    element("div", ["class": "facts"]) {
      factTable("Settings", settings)
      factTable("Model", model)
      factTable("Machine", machine)
    }
  }

  @MarkupBuilder private func factTable(_ name: String, _ facts: [Fact]) -> Markup {
    if !facts.isEmpty {
      element("div") {
        element("h3") { name }
        element("table") {
          element("tbody") {
            for fact in facts {
              element("tr") {
                element("th") { fact.name }
                element("td") { fact.value }
              }
            }
          }
        }
      }
    }
  }
}

extension Sample {
  /// Whether an answer is the expected one, but for the space around it.
  fileprivate func isExpected(_ answer: String) -> Bool {
    trimmed(answer) == trimmed(expected)
  }
}

private func trimmed(_ text: String) -> String {
  text.trimmingCharacters(in: .whitespacesAndNewlines)
}
