internal import ArgumentParser
internal import SeedBasis

/// Adds seed checkpoints.
struct KseedAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add seed checkpoints: the moves of one after the other.",
    discussion: "  fedkseed kseed add a.kseed b.kseed --out sum.kseed")

  @Argument(
    help: "Seed checkpoints of one base and one basis.", completion: .file(extensions: ["kseed"]))
  var kseeds: [String]

  @OptionGroup var output: KseedOutput

  func run() throws {
    try output.write(
      sumOf: kseeds.map { try SeedCheckpoint.Term(path: $0) }, operation: "add")
  }
}

/// Averages seed checkpoints.
struct KseedAverage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "average", abstract: "Average seed checkpoints, with weights if they differ.",
    discussion: "  fedkseed kseed average a.kseed b.kseed --weights 3,1 --out mean.kseed")

  @Argument(
    help: "Seed checkpoints of one base and one basis.", completion: .file(extensions: ["kseed"]))
  var kseeds: [String]

  @Option(help: "A positive number for each, in order, such as 3,1; they need not add up to 1.")
  var weights: String?

  @OptionGroup var output: KseedOutput

  func run() throws {
    let weights = try checkedWeights()
    let terms = try zip(kseeds, weights).map { try SeedCheckpoint.Term(path: $0, factor: $1) }
    try output.write(sumOf: terms, dividedBy: weights.reduce(0, +), operation: "average")
  }

  private func checkedWeights() throws -> [Double] {
    guard let text = weights else { return kseeds.map { _ in 1 } }
    let weights = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let numbers = weights.compactMap(\.self).filter { $0 > 0 && $0 <= 1e9 }
    guard numbers.count == kseeds.count, weights.count == kseeds.count else {
      throw InputError(
        "'--weights' must be \(kseeds.count) positive numbers up to 1e9, separated by commas, but is "
          + "'\(text)'")
    }
    return numbers
  }
}

/// Scales a seed checkpoint.
struct KseedScale: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Multiply a seed checkpoint: below 1 it moves less, below 0 the other way.",
    discussion: "  fedkseed kseed scale my.kseed --by 0.5 --out half.kseed")

  @Argument(help: "The seed checkpoint.", completion: .file(extensions: ["kseed"]))
  var kseed: String

  @Option(help: "The factor.")
  var by: Double

  @OptionGroup var output: KseedOutput

  func run() throws {
    guard by.isFinite else { throw InputError("'--by' must be a finite number, but is \(by)") }
    try output.write(
      sumOf: [SeedCheckpoint.Term(path: kseed, factor: by)], operation: "scale")
  }
}
