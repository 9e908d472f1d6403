internal import ArgumentParser
internal import Bytes
internal import FineTuning
internal import Runs
internal import Settings

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

      'fedkseed tune --help-all' has the options that are rarely needed too.
      """)

  @OptionGroup var options: RunOptions

  @Option(name: .setting(.steps), help: "The number of steps.")
  var steps: Int?

  @Option(help: "In place of '--steps': how often each training example is used.")
  var epochs: Double?

  @Option(
    name: .setting(.checkpointEvery),
    help: ArgumentHelp("The number of steps from one saved state to the next.", visibility: .hidden)
  )
  var checkpointEvery = LocalRunSettings(steps: 1).checkpointEvery

  @Option(
    name: .setting(.evaluateEvery),
    help: ArgumentHelp(
      "Measure the held-out loss every so many steps.",
      discussion:
        "If not given, some eight times between start and end, by so many of the examples "
        + "held out that it takes about a tenth of the time of the steps."))
  var evaluateEvery: Int?

  @Option(
    name: .setting(.patience),
    help: "Stop after this many of these measurements without a lower loss.")
  var patience: Int?

  @Option(
    name: .out, help: "The seed checkpoint to write; '.kseed' may be left out.",
    completion: .file(extensions: ["kseed"]))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Go on with the run that writes this seed checkpoint, with its settings.",
      discussion: "It goes on after the last step that was saved. '--steps' may be larger than it "
        + "was."),
    completion: .file(extensions: ["kseed"]))
  var resume: String?

  @OptionGroup(title: "Progress") var progress: ProgressOptions

  @OptionGroup var existing: ForceOption

  @Flag(help: "Write no HTML report.")
  var noReport = false

  func run() throws { try Output.quietly(progress.quiet, tune) }

  private func tune() throws {
    try checkLength()
    var settings = settings
    _ = try settings.plan()
    let files = RunFiles(tuning: out)
    let mode = try existing.mode(resume: resume, out: out)
    try files.prepare(mode, inputs: options.inputs)
    try progress.checkFiles(mode, inputs: options.inputs)
    let prepared = try options.prepare { method, data in
      if let epochs { settings.steps = Self.steps(of: epochs, method, data) }
      return settings.record
    }
    let plan = try plan(settings, prepared)
    let interruption = Interruption()
    var run = try DurableRun(
      prepared, plan, in: files, mode: mode, wantsStop: { interruption.isRequested }
    ) { _ in
      try Tuning(
        base: prepared.base, data: prepared.data, settings: prepared.method, steps: settings.steps)
    }
    let result = try run.run()
    try result.show(as: options.common.json ? .json : progress.quiet ? .line : .text) {
      $0.printSummary()
    }
  }

  private func plan(
    _ settings: LocalRunSettings, _ prepared: PreparedRun
  ) throws -> RunPlan {
    var plan = try settings.plan()
    plan.writesReport = !noReport
    plan.keepsUpdates = options.common.json
    progress.apply(to: &plan)
    plan.chooseEvaluations(of: prepared)
    return plan
  }

  /// Throws ``InputError`` unless one option says how long the run is.
  private func checkLength() throws {
    guard (steps == nil) != (epochs == nil) else {
      throw InputError("give '--steps' or '--epochs', one of them")
    }
    guard epochs.map({ $0 > 0 && $0 <= 1e6 }) ?? true else {
      throw InputError("'--epochs' must be a positive number up to 1e6, but is \(epochs ?? 0)")
    }
  }

  /// Returns the number of steps that use each training example `epochs` times, and says so.
  private static func steps(
    of epochs: Double, _ method: TuningSettings, _ data: TuningData
  ) -> Int {
    let perStep = Double(method.batch * method.accumulate)
    let steps = max(1, Int((epochs * Double(data.training.count) / perStep).rounded(.up)))
    let examples = counted(data.training.count, "example")
    Output.log("\(epochs) epochs of \(examples): \(counted(steps, "step"))")
    return steps
  }

  /// The settings that these options make.
  private var settings: LocalRunSettings {
    var settings = LocalRunSettings(steps: steps ?? 1)
    settings.checkpointEvery = checkpointEvery
    settings.evaluateEvery = evaluateEvery
    settings.patience = patience
    return settings
  }
}
