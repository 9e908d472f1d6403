/// A mean over examples and where the true mean lies with 95 % confidence.
public struct Estimate: Equatable, Sendable, Encodable {
  /// The mean of the examples.
  public let mean: Double

  /// The lower end of the interval.
  public let lower: Double

  /// The upper end of the interval.
  public let upper: Double

  /// The standard normal distribution has 95 % of its mass within this distance of 0.
  private static let quantile = 1.959963984540054

  /// Estimates a proportion by Wilson's interval, which stays within 0 and 1.
  ///
  /// Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
  ///
  /// - Parameters:
  ///   - successes: From 0 to `trials`.
  ///   - trials: Positive.
  public init(successes: Int, of trials: Int) {
    precondition(trials > 0 && (0...trials).contains(successes), "\(successes) of \(trials)")
    let n = Double(trials)
    let share = Double(successes) / n
    let z2 = Self.quantile * Self.quantile
    let center = (share + z2 / (2 * n)) / (1 + z2 / n)
    let spread = (share * (1 - share) / n + z2 / (4 * n * n)).squareRoot()
    let halfWidth = Self.quantile * spread / (1 + z2 / n)
    mean = share
    // At the ends rounding would miss the exact bounds by an ulp.
    lower = successes == 0 ? 0 : center - halfWidth
    upper = successes == trials ? 1 : center + halfWidth
  }

  /// Estimates the mean of scores by the normal distribution: mean ± 1.96 standard errors.
  ///
  /// The interval is cut to 0...1. One score alone tells nothing of the spread: it gets all of it.
  ///
  /// - Parameter scores: At least one, each from 0 to 1.
  public init(scores: [Double]) {
    precondition(!scores.isEmpty, "the mean of no score")
    let n = Double(scores.count)
    let mean = scores.reduce(0, +) / n
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let halfWidth =
      scores.count > 1 ? Self.quantile * (squares / (n - 1) / n).squareRoot() : .infinity
    self.mean = mean
    lower = max(0, mean - halfWidth)
    upper = min(1, mean + halfWidth)
  }
}
