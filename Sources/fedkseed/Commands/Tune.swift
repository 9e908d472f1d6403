internal import ArgumentParser
internal import FineTuning
internal import Reports
internal import SeedBasis
internal import Weights
internal import ZerothOrder

/// Tunes a model on one machine.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model on one machine.",
    discussion: """
      Writes the seed checkpoint, and beside it the settings (F.settings.yaml) and a report \
      (F.report.html).

        fedkseed tune MODEL --data examples.jsonl --steps 500 --out my.kseed
        fedkseed tune --config my.settings.yaml --out again.kseed
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "The number of steps.")
  var steps: Int

  @Option(help: "The seed checkpoint to write.", completion: .file(extensions: ["kseed"]))
  var out: String

  @Flag(help: "Write no HTML report.")
  var noReport = false

  func run() throws {
    guard (1...1 << 30).contains(steps) else {
      throw InputError("'--steps' must be a whole number from 1 to \(1 << 30), but is \(steps)")
    }
    try checkOutputFile(out)
    let run = try options.prepare([Setting("steps", steps)])
    let result = try tune(run)
    if options.common.json { try Output.printJSON(result) } else { result.printSummary() }
  }

  private func tune(_ run: PreparedRun) throws -> TuneResult {
    let tuning = try Tuning(base: run.base, data: run.data, settings: run.method)
    let untuned = Coefficients(candidateCount: run.method.candidates)
    let monitor = RunMonitor(steps: steps)
    defer { monitor.stop() }
    let before = try run.sampleAnswers(at: untuned, of: tuning.basis)
    var lines: [TuneResult.Step] = []
    let result = try tuning.run(steps: steps) { step in
      lines.append(TuneResult.Step(step))
      monitor.countStep()
    }
    let after = try run.sampleAnswers(at: result.coefficients, of: tuning.basis)
    monitor.stop()
    let summary = TuneResult(
      run, result, steps: lines, samples: run.samples(before: before, after: after),
      monitor: monitor, kseed: out)
    try run.checkpoint(
      result.coefficients, basis: tuning.basis, steps: result.history.records.count, rounds: 0
    ).write(path: out)
    let command = "fedkseed tune --config \(settingsPath) --out FILE"
    try AtomicFile.write(SettingsFile.bytes(run.settings, command: command), to: settingsPath)
    if !noReport {
      let html = summary.report(run, command: command).html()
      try AtomicFile.write(Array(html.utf8), to: reportPath)
    }
    return summary
  }

  /// The path of the checkpoint without its extension.
  private var stem: String { out.hasSuffix(".kseed") ? String(out.dropLast(6)) : out }
  private var settingsPath: String { stem + ".settings.yaml" }
  private var reportPath: String { stem + ".report.html" }
}
