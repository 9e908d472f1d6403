internal import ArgumentParser
internal import FineTuning
internal import Kernels
internal import Profiling
internal import Settings
internal import Weights

/// What every command has: who computes, and how the result is printed.
struct CommonOptions: ParsableArguments {
  /// The cores that this process may use, as the scheduler and its control groups say.
  static let availableCores = ProcessorLimit.current.threadCount

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  @Option(name: .shortAndLong, help: "The number of threads. Results do not depend on it.")
  var threads = availableCores

  @Option(name: .setting(.instructionSet), help: "The instruction set of the kernels.")
  var isa = InstructionSet.best

  @Flag(
    help: ArgumentHelp(
      "Bind each thread to a core of its own. Results do not depend on it.", visibility: .hidden))
  var pin = false

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw InputError("'--threads' must be a whole number from 1 to 1024, but is \(threads)")
    }
    guard isa.isAvailable else {
      let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
      throw InputError(
        "'--isa' is \(isa.rawValue), which this machine does not have; choose one of \(names)")
    }
  }

  /// What commands compute with.
  var context: ComputeContext { ComputeContext(instructionSet: isa, threads: Threads(threads)) }

  /// Opens the model at `path`.
  func openModel(_ path: String) throws -> LoadedModel {
    let base = try LoadedModel.open(path: path, context: context)
    base.store.sayWhatWasTaken()
    if pin, !base.context.threads.pin() {
      Output.log("warning: not every thread could be bound to a core")
    }
    let warnings =
      MachineCheck.threadWarnings(threads: threads, limit: .current)
      + MachineCheck.environmentWarnings(threads: threads)
    for warning in warnings { Output.log("warning: \(warning)") }
    return base
  }
}

extension WeightStore {
  /// Says on standard error what was taken for the model, if it is not what was named.
  func sayWhatWasTaken() {
    if let note { Output.log("note: \(note)") }
  }
}

/// The model a command works on.
struct ModelArgument: ParsableArguments {
  @Argument(
    help: "A GGUF file or a Hugging Face folder; '-m MODEL' is the same.", completion: .file())
  var model: String
}
