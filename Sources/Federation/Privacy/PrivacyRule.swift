internal import CounterRandom
internal import Settings

/// Differential privacy of what a client sends: its update as one vector, shortened to a norm C, and
/// normal noise of standard deviation z · C on each number.
///
/// The numbers are multiples of a step γ, the same for all clients: so they can be added up as integers,
/// and the noise is drawn as an integer. `Documentation/Privacy.md` says what it protects.
///
/// Source: McMahan et al. 2018 (arXiv:1710.06963); on integers Kairouz, Liu, Steinke 2021
/// (arXiv:2102.06387).
public struct PrivacyRule: Codable, Equatable, Sendable {
  /// Who adds noise.
  public enum Placement: String, Codable, CaseIterable, Sendable {
    /// The server, once, to the sum of a round. It is trusted, and so is whoever reads its files.
    case central
    /// Each client, before it sends.
    case local
  }

  /// Who adds noise.
  public let placement: Placement
  /// C, the Euclidean norm to which an update is shortened.
  public let clip: Double
  /// z, the standard deviation of the noise in units of C; 0 for none.
  public let noiseMultiplier: Double

  /// Creates a rule.
  public init(_ placement: Placement, clip: Double, noiseMultiplier: Double) {
    (self.placement, self.clip, self.noiseMultiplier) = (placement, clip, noiseMultiplier)
  }

  /// Returns the numbers that can be sent.
  public func grid(_ precision: CoefficientPrecision) -> PrivacyGrid {
    PrivacyGrid(self, precision)
  }

  /// Throws unless it can be that of a federation whose updates have `count` numbers.
  func check(
    count: Int, _ precision: CoefficientPrecision, _ aggregation: AggregationRule,
    _ incrementLimit: Float?
  ) throws(SettingsError) {
    try checkNumbers(count: count, precision)
    if let incrementLimit {
      throw SettingsError(
        .incrementLimit, found: "\(incrementLimit)",
        expected:
          "left out with '--dp': a step that is skipped, or a client that is refused, tells "
          + "something; '--dp-clip' bounds updates")
    }
    guard placement == .local || aggregation == .mean else {
      throw SettingsError(
        .aggregation, found: "\(aggregation)",
        expected: "mean with '--dp central', whose noise is for sums")
    }
  }

  /// Throws unless its numbers are in their ranges.
  func checkNumbers(
    count: Int, _ precision: CoefficientPrecision
  ) throws(SettingsError) {
    guard clip >= 1e-15, clip <= 1e15 else {
      throw SettingsError(
        .privacyClip, found: "\(clip)", expected: "a number from 1e-15 to 1e15")
    }
    guard noiseMultiplier >= 0, noiseMultiplier <= 1e6 else {
      throw SettingsError(
        .privacyNoise, found: "\(noiseMultiplier)", expected: "a number from 0 to 1e6")
    }
    // Rounding must not be what makes an update long.
    guard grid(precision).longest >= Double(count).squareRoot() else {
      throw SettingsError(
        .privacyNoise, found: "\(noiseMultiplier)",
        expected:
          "smaller, or '--precision binary32': beside this noise \(count) numbers of 16 bits leave "
          + "no room for an update")
    }
  }
}

/// The numbers that a private update may have: integers of a limited size times a step.
public struct PrivacyGrid: Equatable, Sendable {
  /// γ, the step: the smallest power of two with which C and six standard deviations of noise fit.
  public let step: Double
  /// The largest magnitude of an integer: 15 bits, or 24 where numbers are sent as binary32.
  public let largest: Int
  /// C / γ, the norm of an update before noise.
  public let longest: Double
  /// The noise on each integer; `nil` for none.
  let noise: DiscreteGaussian?

  init(_ rule: PrivacyRule, _ precision: CoefficientPrecision) {
    largest = precision == .integer16 ? ScaledIntegers.largestInteger : (1 << 24) - 1
    let least = rule.clip * (1 + 6 * rule.noiseMultiplier) / Double(largest)
    step = least.binade < least ? 2 * least.binade : least
    longest = rule.clip / step
    let deviation = rule.noiseMultiplier * longest
    // Rounded up, so that there is never less noise than was asked for.
    let squared = Int((deviation * deviation).rounded(.up))
    noise = squared == 0 ? nil : DiscreteGaussian(squaredScale: squared)
  }

  /// Rounds an update at random, after shortening it so that its norm is at most ``longest``.
  ///
  /// - Parameters:
  ///   - values: Finite.
  ///   - uniform: Numbers in `[0, 1)`; they need not be secret.
  /// - Complexity: O(n), some two rounds on average where the update is shortened.
  package func rounded(_ values: [Double], uniform: () -> Double) -> [Int] {
    var norm = longest
    while true {
      let short = values.map { $0 / step }.shortened(to: norm)
      let integers = short.map { value in
        let below = value.rounded(.down)
        return Int(below) + (uniform() < value - below ? 1 : 0)
      }
      let excess = integers.norm - longest
      guard excess > 0 else { return integers }
      norm = max(0, norm - excess - 1)
    }
  }

  /// Returns integers with noise on each; those that leave the range are cut, which tells nothing.
  func noised(_ integers: [Int], from stream: inout SecretStream) -> [Int] {
    guard let noise else { return integers }
    return integers.map { min(max($0 + noise.next(using: &stream), -largest), largest) }
  }

  /// Returns the integers that numbers stand for; `nil` if one of them is not on the grid.
  ///
  /// - Parameter terms: Of how many updates the numbers are the sum.
  package func integers(of values: [Float], terms: Int = 1) -> [Int]? {
    var integers: [Int] = []
    for value in values {
      let quotient = Double(value) / step
      guard abs(quotient) <= Double(terms) * Double(largest), let integer = Int(exactly: quotient)
      else {
        return nil
      }
      integers.append(integer)
    }
    return integers
  }

  /// Whether an update, or so many, were shortened as they have to be.
  func holds(_ integers: [Int], terms: Int) -> Bool { integers.norm <= Double(terms) * longest }

  /// The numbers that integers stand for, exact.
  func values(_ integers: [Int]) -> [Float] { integers.map { Float(Double($0) * step) } }
}

extension [Int] {
  /// The Euclidean norm; the sum of squares is exact below 2⁵³, and rounded the same way everywhere.
  fileprivate var norm: Double { reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
