internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import Runs
internal import SeedDescent
internal import Settings

/// Simulates a federation on one machine.
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate a federation on one machine.",
    discussion: """
      Writes to DIR: model.kseed (the seed checkpoint), settings.yaml, partition.json, \
      rounds.jsonl (a line for each round), state.json, rounds.csv, results.json and report.html. \
      The first five are kept up to date, so that a run which was stopped, by Ctrl-C or by force, \
      goes on later and comes to the same bits.

        fedkseed simulate MODEL --data synthetic --clients 8 --out runs/first
        fedkseed simulate --resume runs/first
        fedkseed simulate --config runs/first/settings.yaml --out runs/again

      'fedkseed simulate --help-all' has the options that are rarely needed too.
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Federation") var federation: FederationOptions

  @Option(name: .out, help: "The folder to write to.", completion: .directory)
  var out: String

  @Option(
    help: ArgumentHelp(
      "Go on with the run in this folder, with its settings.",
      discussion:
        "It goes on after the last round that was saved. '--rounds' may be larger than it "
        + "was."),
    completion: .directory)
  var resume: String?

  @OptionGroup(title: "Progress") var progress: ProgressOptions

  @OptionGroup var existing: ForceOption

  func run() throws { try Output.quietly(progress.quiet, simulate) }

  private func simulate() throws {
    let settings = federation.settings
    try federation.check()
    let rule = try InputError.naming(.partition) {
      try PartitionRule(parsing: settings.partition)
    }
    let method = try options.tuning.settings(with: options.data)
    var plan = RunPlan(length: settings.rounds)
    plan.stepsPerEntry = try settings.stepsPerRound(of: method)
    plan.evaluationInterval = 1
    plan.clientsAtOnce = try settings.concurrency(
      of: options.common.threads, mode: method.effectiveMode)
    progress.apply(to: &plan)
    plan.stopping = try settings.patience.map { try EarlyStopping(patience: $0) }
    let files = RunFiles(simulation: out)
    let mode = try existing.mode(resume: resume, out: out)
    try progress.checkFiles(mode, inputs: options.inputs)
    let isNew = try files.prepare(mode, inputs: options.inputs)
    defer { if isNew { files.removeIfEmpty() } }
    let prepared = try options.prepare(
      categoryKey: rule.key ?? "category",
      clients: plan.clientsAtOnce
    ) { method, _ in settings.record(with: method) }
    let interruption = Interruption()
    var run = try DurableRun(
      prepared, plan, in: files, mode: mode, wantsStop: { interruption.isRequested }
    ) { monitor in
      try Simulation(
        base: prepared.base, data: prepared.data, settings: prepared.method, federation: settings,
        onStep: { try monitor.observe($1, of: $0) })
    }
    let result = try run.run()
    try result.show(as: options.common.json ? .json : progress.quiet ? .line : .text) {
      $0.printSummary()
    }
  }
}
