internal import ArgumentParser
internal import Runs
internal import SeedBasis

/// Arithmetic on seed checkpoints; no model is needed.
struct Kseed: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at seed checkpoints, and compute with them.",
    discussion: """
      A seed checkpoint is K numbers, so checkpoints of one base and one basis can be added, \
      averaged and scaled. Sums are computed in binary64 and rounded once.

        fedkseed kseed show my.kseed
        fedkseed kseed average a.kseed b.kseed --weights 3,1 --out mean.kseed
        fedkseed kseed at --round 5 runs/first --out early.kseed
        fedkseed kseed at --step 200 my.kseed --out early.kseed
        fedkseed kseed without --client 2 runs/first --out seven.kseed
      """,
    subcommands: [
      KseedShow.self, KseedDiff.self, KseedAdd.self, KseedAverage.self, KseedScale.self,
      KseedAt.self, KseedWithout.self,
    ])
}

/// What every command has that writes a seed checkpoint.
struct KseedOutput: ParsableArguments {
  @Option(help: "The seed checkpoint to write.", completion: .file(extensions: ["kseed"]))
  var out: String

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  /// Writes a checkpoint and tells of it.
  func write(_ checkpoint: SeedCheckpoint) throws {
    try checkOutputFile(out)
    try checkpoint.write(path: out)
    if json {
      try Output.printJSON(KseedSummary(checkpoint, path: out))
    } else {
      print("wrote \(out)")
    }
  }

  /// Writes the sum of terms, divided by a number.
  ///
  /// - Parameter operation: The command in words, which the checkpoint keeps.
  func write(
    sumOf terms: [SeedCheckpoint.Term], dividedBy divisor: Double = 1, operation: String
  ) throws {
    let inputs = terms.map { "\($0.factor) * \($0.checkpoint.coefficients.digest)" }
    try write(
      SeedCheckpoint.sum(
        of: terms, dividedBy: divisor, tool: "fedkseed \(FedKSeed.version)",
        settings: ["made-by": "fedkseed kseed \(operation)"].merging(
          inputs.enumerated().map { ("input-\($0)", $1) }
        ) { $1 }))
  }
}

extension SeedCheckpoint.Term {
  /// Reads the file at `path`.
  init(path: String, factor: Double = 1) throws {
    self.init(try SeedCheckpoint.read(path: path), name: path, factor: factor)
  }
}
