public import SeedBasis

/// A of the federation, and what the server carries from one round to the next.
///
/// A function of the updates of all rounds: whoever adds them up again has the same bits.
public struct GlobalModel: Codable, Equatable, Sendable {
  /// A, shape `(K)`; what clients are sent, but for a rounding to binary32.
  public var coefficients: Coefficients
  /// v of ``ServerOptimizer``; `nil` before the first round and where it needs none.
  public var velocity: Coefficients?
  /// s of ``ServerOptimizer/adam(learningRate:beta1:beta2:tau:)``.
  public var secondMoment: Coefficients?
  /// What was rounded off A, to be added to the next round's; `nil` where nothing is.
  public var remainder: Coefficients?

  /// Creates a model.
  public init(coefficients: Coefficients, velocity: Coefficients? = nil) {
    self.coefficients = coefficients
    self.velocity = velocity
  }

  /// Makes A in `window` what can be sent in `precision`, and keeps the rest.
  mutating func round(
    to precision: CoefficientPrecision, in window: Range<Int>
  ) throws(SeedBasisError) {
    guard precision == .integer16 else { return }
    var exact = coefficients
    if let remainder { try exact.add(remainder, scaledBy: 1) }
    let sent = ScaledIntegers(nearest: Array(exact.values[window]))
    try coefficients.replace(window, with: sent.values.map(Double.init))
    try exact.add(coefficients, scaledBy: -1)
    remainder = exact
  }

  /// Returns this model in `window`, and `old` elsewhere.
  func moved(in window: Range<Int>, from old: GlobalModel) throws(SeedBasisError) -> GlobalModel {
    var model = self
    model.coefficients = try coefficients.moved(in: window, from: old.coefficients)
    model.velocity = try velocity?.moved(in: window, from: old.velocity)
    model.secondMoment = try secondMoment?.moved(in: window, from: old.secondMoment)
    model.remainder = try remainder?.moved(in: window, from: old.remainder)
    return model
  }
}

extension Coefficients {
  /// Returns these values in `window`, and those of `old`, or zeros, elsewhere.
  fileprivate func moved(
    in window: Range<Int>, from old: Coefficients?
  ) throws(SeedBasisError) -> Coefficients {
    var result = old ?? Coefficients(candidateCount: count)
    try result.replace(window, with: self.values[window])
    return result
  }
}
