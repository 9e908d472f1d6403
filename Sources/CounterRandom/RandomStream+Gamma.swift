import Foundation

// Continuous distributions, through libm's `log`, `exp`, `sqrt`, `cos`. Their last bits may differ
// between C libraries, so nothing that must be replayed bit for bit may depend on them. What is
// drawn from them here, a division of examples among clients, is therefore saved to a file.

extension RandomStream {
  /// Returns a standard normal.
  ///
  /// Source: Box and Muller (1958), the cosine branch; two numbers per normal.
  public mutating func normal() -> Double {
    let radius = (-2 * log(positiveUniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// Returns a sample of the gamma distribution with scale 1.
  ///
  /// - Parameter shape: Positive and finite; it is the mean and the variance. For shapes below
  ///   about 0.01 samples may underflow to 0, see ``logGamma(shape:)``.
  public mutating func gamma(shape: Double) -> Double {
    exp(logGamma(shape: shape))
  }

  /// Returns the natural logarithm of a sample of the gamma distribution with scale 1.
  ///
  /// Finite for small shapes too, whose samples lie below the smallest `Double`.
  ///
  /// Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (2000);
  /// shapes below 1 by `Gamma(shape) = Gamma(shape + 1) · U^(1/shape)`, their section 6.
  public mutating func logGamma(shape: Double) -> Double {
    precondition(shape > 0 && shape.isFinite, "gamma needs a positive finite shape, not \(shape)")
    if shape < 1 {
      return logGamma(shape: shape + 1) + log(positiveUniform()) / shape
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(positiveUniform()) < x * x / 2 + d - d * v + d * log(v) {
        return log(d) + log(v)
      }
    }
  }

  /// Returns a sample of the symmetric Dirichlet distribution: shares that add up to 1.
  ///
  /// - Parameters:
  ///   - concentration: α, positive and finite. Small: few large shares. Large: equal shares.
  ///   - count: The number of shares; positive.
  public mutating func dirichlet(concentration: Double, count: Int) -> [Double] {
    precondition(count > 0, "dirichlet needs at least one share, not \(count)")
    let logs = (0..<count).map { _ in logGamma(shape: concentration) }
    // Relative to the largest, so that not all underflow; and in that case 1 at least is left.
    let largest = logs.reduce(-.infinity, max)
    let shares = logs.map { exp($0 - largest) }
    let total = shares.reduce(0, +)
    return shares.map { $0 / total }
  }

  /// Returns a uniform multiple of 2⁻⁵³ in `(0, 1]`, whose logarithm is finite.
  private mutating func positiveUniform() -> Double {
    1 - uniform()
  }
}
