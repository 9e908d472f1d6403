internal import ArgumentParser
internal import Runs

/// Makes the model of an earlier round or step.
struct KseedAt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "at", abstract: "Make the model that a run had after an earlier round or step.",
    discussion: """
      Adds up what the run's log has, as the run did: the messages in a simulation's rounds.jsonl, \
      checked against the SHA-256 that was noted after that round, or the updates in the \
      F.steps.jsonl of 'fedkseed tune', checked against F.kseed.

        fedkseed kseed at --round 5 runs/first --out early.kseed
        fedkseed kseed at --step 200 my.kseed --out early.kseed
      """)

  @Argument(
    help: ArgumentHelp(
      "The folder of a simulation, or the seed checkpoint of a tuning, finished or not.",
      valueName: "run"),
    completion: .file())
  var path: String

  @Option(help: "The number of rounds of a simulation; 0 gives the untuned model.")
  var round: Int?

  @Option(help: "The number of steps of a tuning; 0 gives the untuned model.")
  var step: Int?

  @OptionGroup var output: KseedOutput

  func run() throws {
    switch (round, step) {
    case (let round?, nil):
      let files = RunFiles(simulation: path)
      try output.write(from: files.all) {
        try RecordedRun<LoggedRound>(files).model(after: round)
      }
    case (nil, let step?):
      let files = RunFiles(tuning: path)
      try output.write(from: files.all) { try RecordedRun<LoggedStep>(files).model(after: step) }
    default: throw InputError("give '--round' for a simulation or '--step' for a tuning")
    }
  }
}

/// Takes a client's scalars out of a model.
struct KseedWithout: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "without", abstract: "Take what one client sent out of a simulation's model.",
    discussion: """
      Adds up the messages in the run's rounds.jsonl without those of the client; the others keep \
      the weights they had. This removes the client's scalars exactly. It does not undo its \
      influence on what others measured: after the first round they measured around a model that \
      the client had moved. Only a run without the client does that.

        fedkseed kseed without --client 2 runs/first --out others.kseed
      """)

  @Argument(help: "The folder of a simulation, finished or not.", completion: .directory)
  var folder: String

  @Option(help: "The number of the client.")
  var client: Int

  @OptionGroup var output: KseedOutput

  func run() throws {
    let files = RunFiles(simulation: folder)
    try output.write(from: files.all) {
      try RecordedRun<LoggedRound>(files).model(without: client)
    }
  }
}
