internal import ArgumentParser
internal import FineTuning
internal import Foundation
internal import Kernels

/// What every command has: who computes, and how the result is printed.
struct CommonOptions: ParsableArguments {
  /// The cores that this process may use, as the scheduler says.
  static let availableCores = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  @Option(help: "The number of threads. Results do not depend on it.")
  var threads = availableCores

  @Option(help: "The instruction set of the kernels.")
  var isa = InstructionSet.best

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

  /// Opens the model at `path`.
  func openModel(_ path: String) throws -> BaseModel {
    try BaseModel.open(path: path, instructionSet: isa, threads: Threads(threads))
  }
}

/// The model a command works on.
struct ModelArgument: ParsableArguments {
  @Argument(help: "A GGUF file or a Hugging Face folder.", completion: .file())
  var model: String
}
