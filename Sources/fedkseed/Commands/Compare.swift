internal import ArgumentParser
internal import Bytes
internal import Reports
internal import Runs
internal import SeedBasis

/// Puts runs side by side.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put runs side by side: results, costs, curves and the settings that differ.",
    discussion: """
      RUN is the folder of a simulation or the seed checkpoint that 'tune' wrote, finished or not.

        fedkseed compare runs/first runs/again --out comparison.html
        fedkseed compare runs/first --csv rounds.csv
      """)

  @Argument(help: "The runs.", completion: .file())
  var runs: [String]

  @Option(
    name: .out, help: "An HTML page with the curves.", completion: .file(extensions: ["html"]))
  var out: String?

  @Option(help: "A CSV file with every measurement.", completion: .file(extensions: ["csv"]))
  var csv: String?

  @OptionGroup var existing: ForceOption

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  func run() throws {
    guard Set(runs.map(SeedCheckpoint.existingPath)).count == runs.count else {
      throw InputError("a run is named twice; name each once")
    }
    guard out == nil || out != csv else {
      throw InputError("'--out' and '--csv' name one file; choose two")
    }
    for case (let path?, let option) in [(out, "--out"), (csv, "--csv")] {
      try checkOutputFile(path, option: option, force: existing.force, inputs: inputs)
    }
    let comparison = RunComparison(
      title: "\(runs.count) runs compared",
      runs: try runs.map { RunComparison.Run(name: $0, report: try RunReport(recordedAt: $0)) })
    if let out { try AtomicFile.write(Array(comparison.html().utf8), to: out) }
    if let csv { try AtomicFile.write(Array(comparison.csv().utf8), to: csv) }
    if json { try Output.printJSON(Result(comparison)) } else { printTables(comparison) }
  }

  /// The files of the runs.
  private var inputs: [String] {
    runs.flatMap { RunFiles(simulation: $0).all + RunFiles(tuning: $0).all }
  }

  /// What `--json` prints.
  private struct Result: Encodable {
    struct Run: Encodable {
      let name: String
      let period: String
      let figures: [String: String]
      let settings: [String: String]
      let measurements: [Measurement]
    }
    let runs: [Run]
    let differingSettings: [String]

    init(_ comparison: RunComparison) {
      runs = comparison.runs.map { run in
        Run(
          name: run.name, period: run.report.period,
          figures: Dictionary(
            run.report.figures.map { ($0.label, $0.value) }, uniquingKeysWith: { $1 }),
          settings: Dictionary(
            run.report.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
          measurements: run.report.measurements)
      }
      differingSettings = comparison.differences.map(\.name)
    }
  }

  private func printTables(_ comparison: RunComparison) {
    let names = comparison.figureNames
    Output.printColumns(
      [["run"] + names]
        + comparison.runs.map { run in
          [run.name]
            + names.map { name in
              run.report.figures.first { $0.label == name }?.value ?? ""
            }
        })
    let differences = comparison.differences
    guard !differences.isEmpty else { return }
    print()
    Output.printColumns(
      [["run"] + differences.map(\.name)]
        + comparison.runs.enumerated().map { index, run in
          [run.name] + differences.map { $0.values[index] }
        })
  }
}
