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
    allSettings.filter { Set($0.values).count > 1 }
  }

  /// The settings of all runs by name, each with the values in the order of the runs.
  var allSettings: [(name: String, values: [String])] {
    let tables = runs.map { run in
      Dictionary(run.report.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }
    return Set(tables.flatMap(\.keys)).sorted().map { name in
      (name, tables.map { $0[name] ?? "" })
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
}
