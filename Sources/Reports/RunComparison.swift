/// Runs side by side: their numbers in a table, their curves in one plot, and in what they differ.
///
///     let comparison = RunComparison(title: "Three learning rates", runs: runs)
///     try comparison.html().write(to: file, atomically: true, encoding: .utf8)
public struct RunComparison: Codable, Equatable, Sendable {
  /// A run with the name it goes by here.
  public struct Run: Codable, Equatable, Sendable {
    /// The name, different from the others'.
    public var name: String
    /// What is known of the run; its settings, figures and measurements count here.
    public var report: RunReport

    /// Makes a run to compare.
    public init(name: String, report: RunReport) {
      self.name = name
      self.report = report
    }
  }

  /// The heading of the page.
  public var title: String

  /// The runs, in the order to show them.
  public var runs: [Run]

  /// Makes a comparison.
  public init(title: String, runs: [Run]) {
    self.title = title
    self.runs = runs
  }

  /// The settings that are not the same in all runs, each with the values in the order of the runs.
  public var differences: [(name: String, values: [String])] {
    let tables = runs.map { run in
      Dictionary(run.report.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }
    return Set(tables.flatMap(\.keys)).sorted().compactMap { name in
      let values = tables.map { $0[name] ?? "" }
      return Set(values).count > 1 ? (name, values) : nil
    }
  }

  /// The names of all figures, in the order of the runs that have them.
  public var figureNames: [String] {
    runs.flatMap { $0.report.figures.map(\.label) }.reduce(into: []) { names, name in
      if !names.contains(name) { names.append(name) }
    }
  }

  /// The measurements of all runs as comma-separated values, with a first column `run`.
  public func csv() -> String { RunReport.csv(of: runs.map { ($0.name, $0.report) }) }

  /// The comparison as one HTML page that needs nothing else.
  public func html() -> String {
    page(title: title) {
      element("header") { element("h1") { title } }
      section("The runs") { figureTable() }
      if !plots.isEmpty { section("Their curves") { plotGrid(plots) } }
      if !differences.isEmpty { section("Settings that differ") { differenceTable() } }
    }
  }

  private func figureTable() -> Markup {
    table(
      head: ["run"] + figureNames,
      rows: runs.map { run in
        [run.name]
          + figureNames.map { name in
            run.report.figures.first { $0.label == name }?.value ?? ""
          }
      })
  }

  private func differenceTable() -> Markup {
    table(head: ["setting"] + runs.map(\.name), rows: differences.map { [$0.name] + $0.values })
  }

  private func table(head: [String], rows: [[String]]) -> Markup {
    element("div", ["class": "scroll tall"]) {
      element("table") {
        element("thead") { element("tr") { for name in head { element("th") { name } } } }
        element("tbody") {
          for row in rows {
            element("tr") {
              element("th") { row[0] }
              for cell in row.dropFirst() { element("td") { cell } }
            }
          }
        }
      }
    }
  }
}
