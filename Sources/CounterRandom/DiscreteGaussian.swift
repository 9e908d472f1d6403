/// The normal distribution on the integers: P(x) in proportion to exp(−x² / 2σ²).
///
/// Sampled exactly, by integers alone. Noise that is to hide something must not be a rounded normal of a
/// continuous kind: which numbers `Double` has, and has not, then tells what it was added to (Mironov
/// 2012, "On Significance of the Least Significant Bits for Differential Privacy").
///
/// Source: Canonne, Kamath, Steinke 2020 (arXiv:2004.00010), Algorithms 1 to 3.
public struct DiscreteGaussian: Equatable, Sendable {
  /// σ² of the formula above; the variance is at most that, and the same to 10⁻⁸ from 1 on.
  public let squaredScale: Int
  /// t, the scale of the Laplace distribution that is drawn from.
  private let laplaceScale: Int

  /// The largest σ², so that no product here leaves 128 bits.
  public static let largestSquaredScale = 1 << 48

  /// Creates the distribution.
  ///
  /// - Parameter squaredScale: σ², from 1 to ``largestSquaredScale``.
  public init(squaredScale: Int) {
    precondition(
      (1...Self.largestSquaredScale).contains(squaredScale), "\(squaredScale) as a squared scale")
    self.squaredScale = squaredScale
    // The square root of less than 2⁵³ is rounded correctly; one more or less costs draws only.
    laplaceScale = Int(Double(squaredScale).squareRoot()) + 1
  }

  /// Returns a sample.
  ///
  /// - Parameter random: Uniform numbers, as secret as the sample has to be.
  /// - Complexity: Some 20 numbers on average.
  public func next(using random: inout some RandomNumberGenerator) -> Int {
    let (variance, scale) = (UInt128(squaredScale), UInt128(laplaceScale))
    while true {
      let sample = laplace(using: &random)
      let product = UInt128(sample.magnitude) * scale
      let distance = product > variance ? product - variance : variance - product
      let accepts = bernoulli(
        exp: distance * distance, over: 2 * variance * scale * scale, using: &random)
      if accepts { return sample }
    }
  }

  /// P(x) in proportion to exp(−|x| / t).
  private func laplace(using random: inout some RandomNumberGenerator) -> Int {
    let scale = UInt128(laplaceScale)
    while true {
      let rest = uniform(below: scale, using: &random)
      guard bernoulli(exp: rest, over: scale, using: &random) else { continue }
      var quotient = 0
      while bernoulli(exp: 1, over: 1, using: &random) { quotient += 1 }
      let magnitude = Int(rest) + laplaceScale * quotient
      let isNegative = random.next() & 1 == 1
      // Otherwise 0 would be twice as likely as it is.
      if isNegative && magnitude == 0 { continue }
      return isNegative ? -magnitude : magnitude
    }
  }

  /// True with probability exp(−numerator / denominator).
  private func bernoulli(
    exp numerator: UInt128, over denominator: UInt128,
    using random: inout some RandomNumberGenerator
  ) -> Bool {
    var rest = numerator
    while rest > denominator {
      guard bernoulli(exp: 1, over: 1, using: &random) else { return false }
      rest -= denominator
    }
    // The number of draws is odd with the sum of an alternating series, that of the exponential.
    var draws: UInt128 = 1
    while uniform(below: denominator * draws, using: &random) < rest { draws += 1 }
    return draws % 2 == 1
  }

  /// A uniform integer in `0..<bound`; positive.
  private func uniform(
    below bound: UInt128, using random: inout some RandomNumberGenerator
  ) -> UInt128 {
    let shift = (bound - 1).leadingZeroBitCount
    while true {
      let low = UInt128(random.next())
      let high = shift < 64 ? UInt128(random.next()) << 64 : 0
      let sample = (high | low) & (shift == 128 ? 0 : UInt128.max >> shift)
      if sample < bound { return sample }
    }
  }
}
