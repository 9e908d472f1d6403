/// How the movements of the clients of a round become one.
///
/// The weighted mean is FedKSeed's. The others bound what a few clients can do that lie, or whose data or
/// machines are broken: each takes the K numbers of a client's movement as one vector.
///
/// Written as `mean`, `clipped-mean:NORM`, `median`, `trimmed-mean:SHARE` or `multi-krum:LIARS`.
public enum AggregationRule: Equatable, Sendable {
  /// The mean, weighted by numbers of examples.
  case mean

  /// The same mean of movements shortened to a Euclidean norm.
  ///
  /// Source: Sun et al. 2019 (arXiv:1911.07963), norm thresholding.
  case clippedMean(norm: Double)

  /// The median of each coefficient; of an even number the mean of the middle two.
  ///
  /// Clients count alike: a number of examples is only what a client says. Source: Yin et al. 2018
  /// (arXiv:1803.01498), Definition 1.
  case median

  /// The mean of each coefficient without that share of the clients at either end, rounded down.
  ///
  /// Clients count alike. Source: the same, Definition 2.
  case trimmedMean(share: Double)

  /// The mean of those movements that have others near them: all but as many as may lie.
  ///
  /// A movement's score is the sum of its squared distances to the n − f − 2 nearest others, at least
  /// one of them; the n − f of the lowest scores are taken, of equal ones those of lower numbers. Clients
  /// count alike. Source: Blanchard et al. 2017 (arXiv:1703.02757), multi-Krum with m = n − f.
  case multiKrum(liars: Int)

  /// Whether it takes each coefficient by itself, so that every client must have moved all of them.
  public var isCoordinatewise: Bool {
    switch self {
    case .median, .trimmedMean: true
    case .mean, .clippedMean, .multiKrum: false
    }
  }

  /// Returns the movement of all clients together.
  ///
  /// - Parameters:
  ///   - movements: Of at least one client, in ascending order of their numbers; each of shape `(K)`.
  ///   - weights: The clients' shares, whose sum is 1.
  /// - Returns: Shape `(K)`.
  /// - Complexity: O(n K log n), and O(n² K) with multi-Krum.
  package func combine(_ movements: [[Double]], weights: [Double]) -> [Double] {
    switch self {
    case .mean: weightedMean(of: movements, weights)
    case .clippedMean(let norm):
      weightedMean(of: movements.map { $0.shortened(to: norm) }, weights)
    case .median: sortedColumns(of: movements).map(\.middle)
    case .trimmedMean(let share):
      sortedColumns(of: movements).map { column in
        let count = Int(share * Double(column.count))
        return column.dropFirst(count).dropLast(count).mean
      }
    case .multiKrum(let liars):
      alike(movements.leastScattered(liars: liars).map { movements[$0] })
    }
  }

  private func alike(_ movements: [[Double]]) -> [Double] {
    weightedMean(
      of: movements,
      [Double](repeating: 1 / Double(movements.count), count: movements.count))
  }

  private func weightedMean(of movements: [[Double]], _ weights: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: movements[0].count)
    for (movement, weight) in zip(movements, weights) {
      for index in sum.indices { sum[index] += weight * movement[index] }
    }
    return sum
  }

  /// The values of each coefficient, ascending.
  private func sortedColumns(of movements: [[Double]]) -> [[Double]] {
    movements[0].indices.map { index in movements.map { $0[index] }.sorted() }
  }
}

extension Collection<Double> {
  fileprivate var mean: Double { reduce(0, +) / Double(count) }
}

extension [Double] {
  /// The middle one of ascending numbers, or the mean of the middle two.
  fileprivate var middle: Double { (self[(count - 1) / 2] + self[count / 2]) / 2 }

  /// These numbers, scaled down if their Euclidean norm is above `limit`.
  func shortened(to limit: Double) -> [Double] {
    let norm = reduce(0) { $0 + $1 * $1 }.squareRoot()
    return norm > limit ? map { $0 * (limit / norm) } : self
  }

  fileprivate func squaredDistance(to other: [Double]) -> Double {
    zip(self, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
}

extension [[Double]] {
  /// The places of all but `liars` of these vectors, those with the nearest neighbours, ascending.
  fileprivate func leastScattered(liars: Int) -> [Int] {
    guard count > 1 else { return Array<Int>(indices) }
    let distances = map { one in map { one.squaredDistance(to: $0) } }
    let neighbours = Swift.max(1, count - liars - 2)
    let scores = indices.map { place in
      let others = indices.filter { $0 != place }.map { distances[place][$0] }
      return others.sorted().prefix(neighbours).reduce(0, +)
    }
    let ranked = indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
    return ranked.prefix(Swift.max(1, count - liars)).sorted()
  }
}
