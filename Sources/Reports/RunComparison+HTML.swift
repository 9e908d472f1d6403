extension RunComparison {
  /// The comparison as one HTML page that needs nothing else.
  public func html() -> String { withShortNames.pageOfRuns() }

  private func pageOfRuns() -> String {
    page(title: title) {
      pageHead(title: title, summary: summary, warnings: warnings, overview: [])
      section("Results and settings that differ") { table() }
      if !plots.isEmpty { section("Curves") { plotGrid(plots) } }
      if !sampleCards.isEmpty {
        section("Answers to held-out examples") {
          for card in sampleCards { card.markup() }
        }
      }
    }
  }

  /// The comparison without the folders that all runs lie in, and without the extension that all have.
  private var withShortNames: RunComparison {
    let ending = ".kseed"
    let haveEnding = runs.allSatisfy {
      $0.name.hasSuffix(ending) && !$0.name.hasSuffix("/" + ending)
    }
    let names = runs.map { haveEnding ? $0.name.dropLast(ending.count) : $0.name[...] }
    let paths = names.map { $0.split(separator: "/", omittingEmptySubsequences: false) }
    var common = 0
    while let part = paths.first?.dropLast().dropFirst(common).first,
      paths.allSatisfy({ $0.count > common + 1 && $0[common] == part })
    {
      common += 1
    }
    var result = self
    for index in runs.indices {
      result.runs[index].name = paths[index].dropFirst(common).joined(separator: "/")
    }
    return result
  }

  private var summary: String {
    let found = runs.compactMap { run in run.report.lowest.map { (run: run, best: $0) } }
      .min { $0.best.heldOutLoss < $1.best.heldOutLoss }
    guard let found else { return "" }
    return "The lowest held-out loss is \(Quantity.loss.text(found.best.heldOutLoss)) nats, of "
      + "\(found.run.name) after \(found.run.report.period) \(found.best.period)."
  }

  private var warnings: [String] {
    runs.flatMap { run in run.report.warnings.map { "\(run.name): \($0)" } }
  }

  /// One table: a column for each run, a row for each figure and each setting that differs.
  private func table() -> Markup {
    element("div", ["class": "card runs"]) {
      element("div", ["class": "scroll"]) {
        element("table", ["style": "min-width: \(6 + columnWidth * runs.count)em"]) {
          tableHead()
          tableBody("Results", figureNames.map { name in (name, figures(name)) })
          tableBody("Settings that differ", differences)
        }
      }
      if !sameSettings.isEmpty {
        element("details") {
          let count = sameSettings.count
          element("summary") {
            count == 1 ? "1 setting is the same" : "\(count) settings are the same"
          }
          element("table", ["class": "same"]) {
            element("tbody") { for row in sameSettings { self.row(row.name, [row.values[0]]) } }
          }
        }
      }
    }
  }

  /// Wide enough for a number, and for a name in four lines, in em; a narrower window scrolls.
  private var columnWidth: Int {
    let longest = runs.map(\.name.count).max() ?? 0
    return max(6, min(16, 2 + longest / 6))
  }

  private var sameSettings: [(name: String, values: [String])] {
    allSettings.filter { Set($0.values).count == 1 }
  }

  private func figures(_ name: String) -> [String] {
    runs.map { run in run.report.figures.first { $0.label == name }?.value ?? "" }
  }

  private func tableHead() -> Markup {
    element("thead") {
      element("tr") {
        element("td")
        for (color, run) in runs.enumerated() {
          element("th", ["scope": "col"]) {
            CurveSign(color: color).markup()
            run.name
          }
        }
      }
    }
  }

  @MarkupBuilder private func tableBody(
    _ name: String, _ rows: [(name: String, values: [String])]
  ) -> Markup {
    if !rows.isEmpty {
      element("tbody") {
        element("tr", ["class": "group"]) {
          element("th", ["colspan": "\(runs.count + 1)"]) { name }
        }
        for row in rows { self.row(row.name, row.values) }
      }
    }
  }

  private func row(_ name: String, _ values: [String]) -> Markup {
    element("tr") {
      element("th", ["scope": "row"]) { name }
      for value in values { element("td") { value } }
    }
  }

  /// The answers of all runs to the examples that the first run with answers has.
  private var sampleCards: [SampleCard] {
    let examples = runs.lazy.map(\.report.samples).first { !$0.isEmpty } ?? []
    return examples.map { example in
      let before = example.answer("Before", example.before)
      let answers = runs.enumerated().compactMap { color, run in
        run.report.samples.first { $0.isSameExample(as: example) }
          .map { $0.answer(run.name, $0.after, color: color) }
      }
      return SampleCard(
        instruction: example.instruction, expected: example.expected, answers: [before] + answers)
    }
  }
}

extension Sample {
  fileprivate func isSameExample(as other: Sample) -> Bool {
    instruction == other.instruction && expected == other.expected
  }
}
