internal import ArgumentParser
internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedBasis
internal import Weights
internal import SeedDescent

/// Tunes a model on one machine.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model on one machine.",
    discussion: """
      Writes the seed checkpoint, and beside it the settings (F.settings.yaml), the steps \
      (F.steps.jsonl), the state that '--resume' needs (F.state.json) and a report \
      (F.report.html). A run that was stopped, by Ctrl-C or by force, goes on later and comes to \
      the same bits.

        fedkseed tune MODEL --data examples.jsonl --steps 500 --out my.kseed
        fedkseed tune --resume my.kseed
        fedkseed tune --config my.settings.yaml --out again.kseed
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "The number of steps.")
  var steps: Int

  @Option(help: "The number of steps from one saved state to the next.")
  var checkpointEvery = 20

  @Option(help: "Measure the held-out loss every so many steps.")
  var evaluateEvery: Int?

  @Option(help: "Stop after this many of these measurements without a lower loss.")
  var patience: Int?

  @Option(help: "The seed checkpoint to write.", completion: .file(extensions: ["kseed"]))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Go on with the run that writes this seed checkpoint, with its settings.",
      discussion: "It goes on after the last step that was saved. '--steps' may be larger than it "
        + "was."),
    completion: .file(extensions: ["kseed"]))
  var resume: String?

  @Flag(help: "Replace a run that is not finished.")
  var force = false

  @Flag(help: "Write no HTML report.")
  var noReport = false

  func run() throws {
    let counts = [
      ("steps", steps), ("checkpoint-every", checkpointEvery),
      ("evaluate-every", evaluateEvery ?? 1),
    ]
    for (name, value) in counts {
      guard (1...1 << 30).contains(value) else {
        throw InputError("'--\(name)' must be a whole number from 1 to \(1 << 30), but is \(value)")
      }
    }
    let stopping = try patience.map { try EarlyStopping(patience: $0) }
    guard stopping == nil || evaluateEvery != nil else {
      throw InputError("'--patience' counts measurements: give '--evaluate-every' too")
    }
    try checkOutputFile(out)
    let files = TuneFiles(out: out)
    try checkEarlierRun(files)
    let run = try options.prepare(
      [Setting("steps", steps), Setting("checkpoint-every", checkpointEvery)]
        + (evaluateEvery.map { [Setting("evaluate-every", $0)] } ?? [])
        + (patience.map { [Setting("patience", $0)] } ?? []))
    var tuning = try TuneRun(
      run, stepCount: steps, savingEvery: checkpointEvery, evaluatingEvery: evaluateEvery,
      stopping: stopping, files: files, isResumed: resume != nil, interruption: Interruption())
    let result = try tuning.result(writesReport: !noReport)
    if options.common.json { try Output.printJSON(result) } else { result.printSummary() }
  }

  /// Throws if an unfinished run would be lost.
  private func checkEarlierRun(_ files: TuneFiles) throws {
    guard resume == nil, !force, let state = try? SavedRun<TuningState>.read(path: files.state),
      let length = state.settings["steps"].flatMap(Int.init), state.state.step < length
    else { return }
    throw InputError(
      "'\(out)' belongs to a run that has done \(state.state.step) of \(length) steps: go on with it "
        + "by 'fedkseed tune --resume \(out)', choose another file, or replace it with '--force'")
  }
}
