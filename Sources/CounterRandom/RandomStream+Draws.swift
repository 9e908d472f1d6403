// Integers, fractions, orders and choices. Swift's own `shuffled(using:)`, `random(in:using:)` and
// so on may change their algorithm with the standard library; these may not, because runs are
// repeated from their seed years later. No floating-point function of libm is used here.

extension RandomStream {
  /// Returns a uniform multiple of 2⁻⁵³ in `[0, 1)`.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns a uniform integer in `0..<bound`, without bias.
  ///
  /// Source: Lemire, "Fast Random Integer Generation in an Interval" (2019), algorithm 5.
  ///
  /// - Parameter bound: One more than the largest result; positive.
  /// - Complexity: One number on average, for `bound` far below 2⁶⁴.
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0, "next(below:) needs a positive bound, not \(bound)")
    let width = UInt64(bound)
    var product = next().multipliedFullWidth(by: width)
    if product.low < width {
      let threshold = (0 &- width) % width
      while product.low < threshold {
        product = next().multipliedFullWidth(by: width)
      }
    }
    return Int(product.high)
  }

  /// Returns the elements in a uniformly random order.
  ///
  /// Source: Fisher and Yates, in Durstenfeld's form, from the last place down.
  ///
  /// - Complexity: O(n), one bounded integer per element but the first.
  public mutating func shuffled<Element>(_ elements: some Sequence<Element>) -> [Element] {
    var result = Array(elements)
    for last in result.indices.dropFirst().reversed() {
      result.swapAt(last, next(below: last + 1))
    }
    return result
  }

  /// Returns `count` different integers of `0..<population`, in the order drawn.
  ///
  /// Every ordered choice is equally likely.
  ///
  /// - Complexity: O(`population`).
  public mutating func sample(_ count: Int, below population: Int) -> [Int] {
    precondition(
      0 <= count && count <= population, "cannot draw \(count) different of \(population)")
    var pool = Array(0..<population)
    for place in 0..<count {
      pool.swapAt(place, place + next(below: population - place))
    }
    return Array(pool.prefix(count))
  }

  /// Returns an index with probability proportional to its weight.
  ///
  /// - Parameter weights: Finite, not negative, at least one of them positive.
  /// - Complexity: O(n).
  public mutating func categorical(_ weights: [Double]) -> Int {
    let total = weights.reduce(0, +)
    precondition(
      total > 0 && total.isFinite && weights.allSatisfy { $0 >= 0 },
      "categorical needs weights of a positive finite sum, none negative")
    var rest = uniform() * total
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    // Rounding may leave a rest after the last weight; it belongs to the last possible index.
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}
