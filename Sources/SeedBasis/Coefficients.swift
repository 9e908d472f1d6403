/// The coordinates `A` of a tuned model: how far the weights have moved along each direction.
///
/// Kept in binary64, so that many small steps add up; directions are scaled by ``rounded``, the values
/// that are sent and stored. Both are always finite.
public struct Coefficients: Sendable, Equatable {
  /// The exact values, shape `(K)`.
  ///
  /// The learning rate is folded in.
  public private(set) var values: [Double]

  /// Creates the coordinates of the untuned model.
  public init(candidateCount: Int) {
    values = [Double](repeating: 0, count: candidateCount)
  }

  /// Creates coordinates from received or stored values.
  ///
  /// - Throws: ``SeedBasisError/coefficientNotFinite(candidate:value:)``.
  public init(_ values: [Float]) throws(SeedBasisError) {
    self.init(candidateCount: values.count)
    for (candidate, value) in values.enumerated() {
      self.values[candidate] = try Self.checked(Double(value), candidate)
    }
  }

  /// The number of candidates `K`.
  public var count: Int { values.count }

  /// The values as binary32, shape `(K)`: each rounded once, to nearest, ties to even.
  public var rounded: [Float] { values.map(Float.init) }

  /// The coordinates with each value rounded to binary32.
  public var roundedToSingle: Coefficients {
    var copy = self
    copy.values = rounded.map(Double.init)
    return copy
  }

  /// Replaces the values of the candidates in `window` by as many others.
  ///
  /// - Throws: ``SeedBasisError/coefficientNotFinite(candidate:value:)``; nothing is changed then.
  package mutating func replace(
    _ window: Range<Int>, with values: some Collection<Double>
  ) throws(SeedBasisError) {
    precondition(values.count == window.count)
    for (candidate, value) in zip(window, values) { _ = try Self.checked(value, candidate) }
    self.values.replaceSubrange(window, with: values)
  }

  /// Adds `amount` to the coefficient of `candidate`.
  ///
  /// A step with the scalar gradient `g` and the learning rate `η` adds `η·g`: weights move by `-ηg z_k`.
  ///
  /// - Throws: ``SeedBasisError/coefficientNotFinite(candidate:value:)``; nothing is changed then.
  public mutating func add(_ amount: Double, to candidate: Int) throws(SeedBasisError) {
    values[candidate] = try Self.checked(values[candidate] + amount, candidate)
  }

  /// Adds `scale · other` to all coefficients.
  ///
  /// - Throws: ``SeedBasisError``, when the lengths differ or a result is not finite; nothing is changed
  ///   then.
  public mutating func add(_ other: Coefficients, scaledBy scale: Double) throws(SeedBasisError) {
    guard other.count == count else {
      throw .coefficientCount(other.count, expected: count)
    }
    var sums = values
    for candidate in sums.indices {
      sums[candidate] = try Self.checked(
        sums[candidate] + scale * other.values[candidate], candidate)
    }
    values = sums
  }

  private static func checked(_ value: Double, _ candidate: Int) throws(SeedBasisError) -> Double {
    guard Float(value).isFinite else {
      throw .coefficientNotFinite(candidate: candidate, value: value)
    }
    return value
  }
}
