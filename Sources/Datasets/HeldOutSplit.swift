import CounterRandom

/// A division of examples into those trained on and those held out for evaluation.
///
/// Stratified: every category gives the same part of its examples, up to rounding.
public struct HeldOutSplit: Equatable, Sendable {
  /// The indices of the examples to train on, ascending.
  public let training: [Int]

  /// The indices of the examples to evaluate on, ascending.
  public let heldOut: [Int]

  /// Holds out `heldOutCount` examples.
  ///
  /// Each category gives its exact part rounded down; the examples still missing come from the
  /// categories with the largest remainders.
  ///
  /// - Parameters:
  ///   - categories: The category of each example.
  ///   - heldOutCount: How many to hold out, from 0 to all.
  ///   - seed: The run's seed.
  public init(categories: [String], heldOutCount: Int, seed: UInt64) {
    precondition(
      (0...categories.count).contains(heldOutCount),
      "cannot hold out \(heldOutCount) of \(categories.count) examples")
    let groups = indicesByCategory(categories)
    let counts = Self.apportion(heldOutCount, to: groups.map(\.count))
    var stream = RandomStream(.heldOutSplit, seed: seed)
    var training: [Int] = []
    var heldOut: [Int] = []
    for (group, count) in zip(groups, counts) {
      let order = stream.shuffled(group)
      heldOut += order.prefix(count)
      training += order.dropFirst(count)
    }
    self.training = training.sorted()
    self.heldOut = heldOut.sorted()
  }

  /// Divides `total` in proportion to `sizes` by the method of largest remainders.
  private static func apportion(_ total: Int, to sizes: [Int]) -> [Int] {
    let sum = max(1, sizes.reduce(0, +))
    var counts = sizes.map { $0 * total / sum }
    let missing = total - counts.reduce(0, +)
    let byRemainder = sizes.indices.sorted {
      (sizes[$1] * total % sum, $0) < (sizes[$0] * total % sum, $1)
    }
    for index in byRemainder.prefix(missing) { counts[index] += 1 }
    return counts
  }
}
