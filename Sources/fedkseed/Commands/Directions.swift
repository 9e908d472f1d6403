internal import ArgumentParser
internal import SeedBasis

/// Prints elements of a direction.
struct Directions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print elements of a direction, exactly.",
    discussion: """
      A direction is a function of the basis, its seed, K and the coordinate alone; no model is \
      needed. Documentation/Directions.md defines every bit.

        fedkseed directions --seed 7 --candidate 12 --tensor 0 --count 8
      """)

  @Option(help: "The kind of directions.")
  var basis = BasisKind.hadamard

  @Option(name: .shortAndLong, help: "The seed of the basis.")
  var seed: UInt64 = 1

  @Option(help: "K, the number of candidate directions.")
  var candidates = 4096

  @Option(help: "The index k of the direction, from 0.")
  var candidate: Int

  @Option(help: "The index of the tensor in the sorted order of names, from 0.")
  var tensor: Int

  @Option(help: "The row-major index of the first element.")
  var offset = 0

  @Option(help: "The number of elements.")
  var count: Int

  @OptionGroup var common: CommonOptions

  func validate() throws {
    // The limits of Documentation/Directions.md; that of the count keeps memory in bounds.
    try check("candidates", candidates, 1...SeedBasis.candidateLimit)
    try check("candidate", candidate, 0...candidates - 1)
    try check("tensor", tensor, 0...Int(UInt32.max))
    try check("count", count, 0...1 << 26)
    try check("offset", offset, 0...(1 << 33) - count)
  }

  private func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
      throw InputError(
        "'--\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound), but "
          + "is \(value)")
    }
  }

  func run() throws {
    let basis = try SeedBasis(kind: basis, seed: seed, candidateCount: candidates)
    let values = basis.values(
      of: candidate, tensor: tensor, offset: offset, count: count, instructionSet: common.isa)
    guard !common.json else { return try Output.printJSON(Result(values: values)) }
    for value in values { print(value) }
  }

  private struct Result: Encodable {
    let values: [Float]
  }
}
