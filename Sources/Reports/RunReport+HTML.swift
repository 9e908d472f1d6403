internal import Foundation

extension RunReport {
  /// The report as one HTML page that needs nothing else: no script, no font, no network.
  ///
  /// Every text of the report is shown as it is, whatever it contains.
  public func html() -> String {
    page(title: title, isChanging: progress != nil) { sections() }
  }

  @MarkupBuilder private func sections() -> Markup {
    pageHead(
      title: title, summary: summary, warnings: warnings,
      overview: overview + (date.map { [Fact("report written", timestamp($0))] } ?? [])
    ) {
      if let progress { status(progress) }
    }
    figureCards(figures)
    if !plots.isEmpty { section("The run") { plotGrid(plots) } }
    if !samples.isEmpty { section("Answers to held-out examples") { sampleCards() } }
    if seeds.contains(where: { $0.steps > 0 }) {
      section("The most significant seeds") { seedTable() }
    }
    if !clients.isEmpty { section("Clients") { ClientTable(clients).markup() } }
    section(commands.isEmpty ? "How to repeat it" : "How to repeat it and go on") { record() }
  }

  private func status(_ progress: Progress) -> Markup {
    let written = date.map { ", written \(timestamp($0))" } ?? ""
    return element("div", ["class": "status card"]) {
      element("p") {
        element("strong") { "\(period.capitalizedFirst) \(progress.done) of \(progress.length)" }
        "\(written). The run is not finished; this page reads itself again every 30 seconds."
      }
      element(
        "progress", ["value": "\(progress.done)", "max": "\(max(1, progress.length))"]
      ) { "\(progress.done) of \(progress.length)" }
    }
  }

  @MarkupBuilder private func sampleCards() -> Markup {
    for sample in samples {
      SampleCard(
        instruction: sample.instruction, expected: sample.expected,
        answers: [sample.answer("Before", sample.before)]
          // While the run goes on nobody has asked the model again.
          + (progress != nil && sample.after.isEmpty
            ? [] : [sample.answer("After", sample.after)])
      ).markup()
    }
  }

  @MarkupBuilder private func record() -> Markup {
    commandCard(commandLine)
    for command in commands {
      element("h3") { command.name }
      commandCard(command.value)
    }
    element("div", ["class": "columns"]) {
      factCard("Settings", settings, folded: "more, at their defaults")
      factCard("Model and data", model)
      factCard("Machine", machine)
    }
  }
}
