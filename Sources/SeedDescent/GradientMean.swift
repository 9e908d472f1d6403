/// The mean of the gradients of several passes, which together make one step.
public struct GradientMean: Equatable, Sendable {
  private var sum: [Double] = []
  /// The number of gradients so far.
  public private(set) var count = 0

  /// Creates the mean of no gradients.
  public init() {}

  /// Takes a gradient in, shape `(K)`.
  ///
  /// - Precondition: All have the same K.
  public mutating func add(_ gradient: [Double]) {
    precondition(count == 0 || gradient.count == sum.count, "gradients of different lengths")
    sum = count == 0 ? gradient : zip(sum, gradient).map { $0 + $1 }
    count += 1
  }

  /// The mean, shape `(K)`; empty without gradients.
  public var mean: [Double] { sum.map { $0 / Double(count) } }

  /// Returns the mean, shortened to the length `limit` if it is longer.
  ///
  /// - Parameter limit: The largest Euclidean norm; positive, `nil` for any.
  public func mean(clippedToNorm limit: Double?) -> [Double] {
    let mean = mean
    let norm = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard let limit, norm > limit else { return mean }
    return mean.map { $0 * (limit / norm) }
  }
}
