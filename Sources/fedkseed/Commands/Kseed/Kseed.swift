internal import ArgumentParser
internal import Bytes
internal import Runs
internal import SeedBasis
internal import Settings

/// Arithmetic on seed checkpoints; no model is needed.
struct Kseed: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at seed checkpoints, and compute with them.",
    discussion: """
      A seed checkpoint is K numbers, so checkpoints of one base and one basis can be added, \
      averaged and scaled. Sums are computed in binary64 and rounded once.

      OUT is never one of the inputs.

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
  @Option(
    name: .out, help: "The seed checkpoint to write.", completion: .file(extensions: ["kseed"]))
  var out: String

  @OptionGroup var existing: ForceOption

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  /// Checks that the file can be written, writes a checkpoint and tells of it.
  ///
  /// - Parameters:
  ///   - inputs: The files it is made of.
  ///   - make: Returns the checkpoint.
  func write(from inputs: [String], _ make: () throws -> SeedCheckpoint) throws {
    let path = SeedCheckpoint.path(named: out)
    try checkOutputFile(path, force: existing.force, inputs: inputs)
    let checkpoint = try make()
    try checkpoint.write(path: path)
    if json {
      try Output.printJSON(KseedSummary(checkpoint, path: path))
    } else {
      print("wrote \(path)")
    }
  }

  /// Writes the sum of terms, divided by a number.
  ///
  /// - Parameter operation: The command in words, which the checkpoint keeps.
  func write(
    sumOf terms: [SeedCheckpoint.Term], dividedBy divisor: Double = 1, operation: String
  ) throws {
    try write(from: terms.map(\.name)) {
      try sum(of: terms, dividedBy: divisor, operation: operation)
    }
  }

  private func sum(
    of terms: [SeedCheckpoint.Term], dividedBy divisor: Double, operation: String
  ) throws -> SeedCheckpoint {
    let inputs = terms.map { "\($0.factor) * \($0.checkpoint.coefficients.digest)" }
    return try SeedCheckpoint.sum(
      of: terms, dividedBy: divisor, tool: "fedkseed \(FedKSeed.version)",
      settings: Self.sharedFormat(of: terms).merging(
        [("made-by", "fedkseed kseed \(operation)")]
          + inputs.enumerated().map { ("input-\($0)", $1) }
      ) { $1 })
  }

  /// Returns what all terms say of the form of their examples, so that the sum is asked as they were.
  private static func sharedFormat(of terms: [SeedCheckpoint.Term]) -> [String: String] {
    var shared: [String: String] = [:]
    for key in [SettingKey.template, .templateSha256, .endToken].map(\.rawValue) {
      let values = Set(terms.map { $0.checkpoint.history.settings[key] })
      if values.count == 1, let value = values.first { shared[key] = value }
      guard values.count > 1, key == SettingKey.template.rawValue else { continue }
      Output.log("note: the checkpoints were tuned with different templates; the sum names none")
    }
    return shared
  }
}

extension SeedCheckpoint.Term {
  /// Reads the file at `path`.
  init(path: String, factor: Double = 1) throws {
    let path = SeedCheckpoint.existingPath(named: path)
    self.init(try SeedCheckpoint.read(path: path), name: path, factor: factor)
  }
}
