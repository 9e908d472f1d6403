internal import ArgumentParser
internal import SeedBasis

/// Makes the model of an earlier round.
struct KseedAt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "at", abstract: "Make the model that a simulation had after an earlier round.",
    discussion: """
      Adds up the messages in the run's rounds.jsonl, as the server did, and checks the result \
      against the SHA-256 that was noted after that round.

        fedkseed kseed at --round 5 runs/first --out early.kseed
      """)

  @Argument(help: "The folder of a simulation, finished or not.", completion: .directory)
  var folder: String

  @Option(help: "The number of rounds; 0 gives the untuned model.")
  var round: Int

  @OptionGroup var output: KseedOutput

  func run() throws { try output.write(RecordedRun(path: folder).model(after: round)) }
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

  func run() throws { try output.write(RecordedRun(path: folder).model(without: client)) }
}
