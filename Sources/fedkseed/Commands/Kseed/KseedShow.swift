internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import SeedBasis

/// What a seed checkpoint says of itself, and how far it moves.
struct KseedSummary: Encodable {
  let path: String
  let base: String
  let basis: String
  let basisSeed: String
  let candidates: Int
  let nonzero: Int
  let norm: Double
  let largest: Double
  let steps: Int
  let rounds: Int
  let epsilon: Float
  let learningRate: Double
  let tool: String
  let settings: [String: String]
  let coefficientsSha256: String

  init(_ checkpoint: SeedCheckpoint, path: String) {
    let values = checkpoint.coefficients.values
    self.path = path
    base = checkpoint.baseHash
    basis = checkpoint.basis.kind.rawValue
    basisSeed = String(checkpoint.basis.seed)
    candidates = values.count
    nonzero = values.count { $0 != 0 }
    norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    largest = values.map(abs).max() ?? 0
    steps = checkpoint.history.steps
    rounds = checkpoint.history.rounds
    epsilon = checkpoint.history.epsilon
    learningRate = checkpoint.history.learningRate
    tool = checkpoint.history.tool
    settings = checkpoint.history.settings
    coefficientsSha256 = checkpoint.coefficients.digest
  }

  /// Prints what a person wants to know on standard output.
  func printTable() {
    Output.printTable([
      ("base", "SHA-256 \(base)"), ("basis", "\(basis), seed \(basisSeed), K = \(candidates)"),
      ("coefficients", "\(nonzero) not zero, norm \(norm.short), largest \(largest.short)"),
      ("steps", "\(steps) in \(counted(rounds, "round"))"), ("epsilon", "\(epsilon)"),
      ("learning rate", "\(learningRate)"), ("written by", tool),
    ])
    guard !settings.isEmpty else { return }
    print()
    Output.printTable(
      settings.sorted { $0.key < $1.key }.map { (name: "  " + $0.key, value: $0.value) })
  }
}

extension Double {
  /// Four significant digits, to read.
  var short: String { self == 0 ? "0" : String(format: "%.4g", self) }
}

/// Shows what is in a seed checkpoint.
struct KseedShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is in a seed checkpoint.",
    discussion: "  fedkseed kseed show my.kseed")

  @Argument(help: "The seed checkpoint.", completion: .file(extensions: ["kseed"]))
  var kseed: String

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  func run() throws {
    let path = SeedCheckpoint.existingPath(named: kseed)
    let summary = KseedSummary(try SeedCheckpoint.read(path: path), path: path)
    if json { try Output.printJSON(summary) } else { summary.printTable() }
  }
}

/// Compares two seed checkpoints.
struct KseedDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Tell how far two seed checkpoints are apart.",
    discussion: """
      Norms are those of the K coefficients. The directions are all but orthogonal, so they are \
      close to the norms of what the weights moved by, up to one common factor.

        fedkseed kseed diff a.kseed b.kseed
      """)

  @Argument(help: "The first seed checkpoint.", completion: .file(extensions: ["kseed"]))
  var first: String

  @Argument(help: "The second.", completion: .file(extensions: ["kseed"]))
  var second: String

  @Flag(help: "Print the result as JSON on standard output.")
  var json = false

  func run() throws {
    let difference = try SeedCheckpointDifference(
      SeedCheckpoint.Term(path: first), SeedCheckpoint.Term(path: second))
    if json { return try Output.printJSON(difference) }
    let largest = difference.largestCandidate.map {
      "\(difference.largestDifference.short) at candidate \($0)"
    }
    Output.printTable([
      ("norm of the first", difference.firstNorm.short),
      ("norm of the second", difference.secondNorm.short),
      ("norm of the difference", difference.differenceNorm.short),
      ("cosine", difference.cosine?.short ?? "none, one of them is zero"),
      ("changed", "\(difference.changed) of \(difference.candidates) coefficients"),
      ("largest change", largest ?? "none"),
    ])
  }
}
