internal import ArgumentParser
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
      MODEL is a GGUF file or a Hugging Face folder of the Llama family. Tuning writes a seed \
      checkpoint: a file of some 16 KB that turns MODEL into the tuned model.

        fedkseed tune MODEL --data examples.jsonl --steps 500 --out my.kseed
        fedkseed generate MODEL --kseed my.kseed --prompt "What is a seed?"
        fedkseed simulate MODEL --data synthetic --rounds 10 --out runs/first
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
    do {
      var command = try parseAsRoot(
        SettingsArguments.expand(Array(CommandLine.arguments.dropFirst()).joiningDashedValues()))
      try command.run()
    } catch is Interrupted {
      exit(withError: ExitCode(Interruption.status))
    } catch {
      exit(withError: InputError.explaining(error))
    }
  }
}

extension [String] {
  /// Returns the arguments with `--steps -1` written as `--steps=-1`.
  ///
  /// So that a value may begin with a dash, such as `--labels -1=bad,1=good`, and a negative number
  /// is reported as a wrong value rather than as an unknown option. The only short option is `-h`.
  func joiningDashedValues() -> [String] {
    var isPositional = false
    return reduce(into: []) { joined, argument in
      isPositional = isPositional || argument == "--"
      let isValue = argument.hasPrefix("-") && !argument.hasPrefix("--") && argument != "-h"
      if !isPositional, isValue, let last = joined.last, last.hasPrefix("--"), !last.contains("=") {
        joined[joined.count - 1] = "\(last)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
  }
}
