internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Kernels
internal import Runs

/// The tool: a command parses its arguments, calls the library and prints.
///
/// Results go to standard output, everything else to standard error.
@main
struct FedKSeed: ParsableCommand {
  /// The version of the tool, also in the files it writes.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "fedkseed",
    abstract: "Tune all parameters of a language model on CPUs, alone or in a federation.",
    discussion: """
      MODEL is a GGUF file or a Hugging Face folder; Documentation/Models.md lists the families. \
      Tuning writes a seed checkpoint: a file of some 18 kB that turns MODEL into the tuned model.

        fedkseed inspect MODEL
        fedkseed tune MODEL --data examples.jsonl --steps 500 --out my.kseed
        fedkseed generate MODEL --kseed my.kseed --prompt "What is a seed?"
        fedkseed simulate MODEL --data synthetic --rounds 10 --out runs/first

      \(ExitStatus.summary)
      """,
    version: version,
    groupedSubcommands: [
      CommandGroup(
        name: "Look at a model:",
        subcommands: [
          Inspect.self, Tokenize.self, Logits.self, Generate.self, ScoreExamples.self,
        ]),
      CommandGroup(
        name: "Tune it:",
        subcommands: [
          FindLearningRate.self, Tune.self, Simulate.self, Compare.self, Apply.self, Kseed.self,
        ]),
      CommandGroup(
        name: "Tune it on many machines:", subcommands: [ServeFederation.self, ServeClient.self]),
      CommandGroup(
        name: "Know the memory:",
        subcommands: [EstimateCost.self, Profile.self, Synthesize.self]),
      CommandGroup(name: "Check the machine:", subcommands: [Directions.self, Doctor.self]),
    ])

  static func main() {
    OpenBLAS.restartIfProcessorIsUnknown()
    StandardOutput.guardChannels()
    FileSignals.handle()
    let arguments = Array(CommandLine.arguments.dropFirst()).normalized
    do {
      var command = try parse(arguments)
      try command.run()
    } catch is Interrupted {
      exit(withError: ExitCode(ExitStatus.interrupted.rawValue))
    } catch {
      exit(withError: InputError.explaining(error))
    }
  }

  /// Returns the command that the arguments make.
  ///
  /// A name that there is none of is told of before all else: what else is wrong may follow from it.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    // The parser takes a topic of 'help' that it does not know for the whole tool.
    if arguments.first == "help", let unknown = UnknownName(in: arguments) { refuse(unknown) }
    do {
      return try parseAsRoot(SettingsArguments.expand(arguments))
    } catch {
      guard exitCode(for: error) == .validationFailure else { throw error }
      if let unknown = UnknownName(in: arguments) { refuse(unknown) }
      let message = message(for: error)
      let whole = CommandNames.completing(message, of: arguments)
      if whole != message { refuse(whole, in: arguments.prefix(1).map(\.self)) }
      throw error
    }
  }

  private static func refuse(_ unknown: UnknownName) -> Never {
    refuse(unknown.description, in: unknown.command.dropFirst().map(\.self))
  }

  private static func refuse(_ message: String, in command: [String]) -> Never {
    Output.log("Error: \(singleLine(message, limit: Output.longestText))")
    let path = (["fedkseed"] + command).joined(separator: " ")
    Output.log("  See '\(path) --help' for more information.")
    exit(withError: ExitCode(ExitStatus.usage.rawValue))
  }
}
