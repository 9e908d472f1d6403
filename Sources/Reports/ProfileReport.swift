public import Foundation

/// What steps cost: memory and time, measured beside predicted.
///
///     var report = ProfileReport(title: "Profile of SmolLM2-135M")
///     report.memory = [ProfileReport.Memory("activations", measured: 8_000_000, predicted: 7_500_000)]
///     try report.html().write(to: file, atomically: true, encoding: .utf8)
public struct ProfileReport: Codable, Equatable, Sendable {
  /// Private memory that a part of the work added.
  public struct Memory: Codable, Equatable, Sendable {
    /// The part.
    public var name: String
    /// What was measured and what was predicted, in bytes.
    public var measured, predicted: Int

    /// Makes a row.
    public init(_ name: String, measured: Int, predicted: Int) {
      (self.name, self.measured, self.predicted) = (name, measured, predicted)
    }
  }

  /// The time of a step that went into one kind of work.
  public struct Phase: Codable, Equatable, Sendable {
    /// The kind of work.
    public var name: String
    /// The wall clock, in seconds.
    public var seconds: Double
    /// The speed with its unit and what part it is of what the machine can do; may be empty.
    public var speed, attained: String

    /// Makes a row.
    public init(_ name: String, seconds: Double, speed: String = "", attained: String = "") {
      (self.name, self.seconds, self.speed, self.attained) = (name, seconds, speed, attained)
    }
  }

  /// The heading of the page.
  public var title: String
  /// The result in a sentence or two.
  public var summary = ""
  /// What a reader must not miss, a sentence each.
  public var warnings: [String] = []
  /// What was done, in a few facts.
  public var overview: [Fact] = []
  /// The handful of numbers to remember, in order of importance.
  public var figures: [Figure] = []
  /// Private memory by parts of the work, in the order in which they were added.
  public var memory: [Memory] = []
  /// The time of the last step by kinds of work.
  public var phases: [Phase] = []
  /// How the speeds of the phases compare with the machine, in a sentence.
  public var speedNote = ""
  /// One measurement for each step.
  public var measurements: [Measurement] = []
  /// Where the memory of the process was at the end.
  public var process: [Fact] = []
  /// Every setting of the step.
  public var settings: [Fact] = []
  /// The machine: processor, libraries, what it can do.
  public var machine: [Fact] = []
  /// The command that makes the same profile again.
  public var commandLine = ""
  /// When the report was made.
  public var date: Date?

  /// Makes a report with nothing but a heading.
  public init(title: String) { self.title = title }
}

extension ProfileReport {
  /// The report as one HTML page that needs nothing else.
  public func html() -> String {
    page(title: title) {
      pageHead(
        title: title, summary: summary, warnings: warnings,
        overview: overview + (date.map { [Fact("report written", timestamp($0))] } ?? []))
      figureCards(figures)
      if !memory.isEmpty { section("Private memory by part") { memoryTable() } }
      if !phases.isEmpty { section("Time of the last step") { phaseTable() } }
      if measurements.count > 1 { section("Step by step") { plotGrid(plots, firstIsWide: false) } }
      section("How to repeat it") {
        commandCard(commandLine)
        element("div", ["class": "columns"]) {
          factCard("Step", settings)
          factCard("Memory of the process", process)
          factCard("Machine", machine)
        }
      }
    }
  }

  private var plots: [Plot] {
    [.time(measurements, "step"), .memory(measurements, "step")].filter { !$0.isEmpty }
  }

  private func memoryTable() -> Markup {
    let largest = memory.flatMap { [$0.measured, $0.predicted] }.max() ?? 0
    let bytes = { (count: Int) in Quantity.bytes.text(Double(count)) }
    return table(
      head: ["part", "measured", "predicted"],
      rows: memory.map { row in
        BarRow(
          name: row.name, length: Double(row.measured) / Double(max(1, largest)),
          mark: Double(row.predicted) / Double(max(1, largest)),
          cells: [(bytes(row.measured), ""), (bytes(row.predicted), "")])
      }, note: "What each part added to the peak. Bars: measured; marks: predicted.")
  }

  private func phaseTable() -> Markup {
    let total = phases.reduce(0) { $0 + max(0, $1.seconds) }
    return table(
      head: ["phase", "time", "speed"],
      rows: phases.map { phase in
        let share = total > 0 ? max(0, phase.seconds) / total : 0
        return BarRow(
          name: phase.name, length: share,
          cells: [
            (Quantity.seconds.text(phase.seconds), decimal(100 * share, places: 0) + " %"),
            (phase.speed, phase.attained),
          ])
      }, note: speedNote)
  }

  private func table(head: [String], rows: [BarRow], note: String) -> Markup {
    element("div", ["class": "card bars"]) {
      if !note.isEmpty { element("p", ["class": "note"]) { note } }
      element("div", ["class": "scroll"]) {
        element("table") {
          element("thead") { element("tr") { for name in head { element("th") { name } } } }
          element("tbody") { for row in rows { row.markup() } }
        }
      }
    }
  }
}

/// A row of a table with a bar below its name.
private struct BarRow {
  var name: String
  /// The length of the bar, and the place of a mark beside it, from 0 to 1.
  var length: Double
  var mark: Double?
  /// A value for each column, and what is said below it.
  var cells: [(value: String, note: String)]

  func markup() -> Markup {
    element("tr") {
      element("th", ["scope": "row"]) {
        name
        element("div", ["class": "bar", "aria-hidden": "true"]) {
          element("div", ["class": "length", "style": "width: \(percent(length))"])
          if let mark { element("div", ["class": "mark", "style": "left: \(percent(mark))"]) }
        }
      }
      for cell in cells {
        element("td") {
          cell.value
          if !cell.note.isEmpty { element("div", ["class": "note"]) { cell.note } }
        }
      }
    }
  }

  private func percent(_ share: Double) -> String {
    decimal(100 * min(1, max(0, share)), places: 1) + "%"
  }
}
