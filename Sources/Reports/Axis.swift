import Foundation

/// One axis of a plot: the range it covers and where its ticks are.
///
/// Source: steps of 1, 2 or 5 times a power of ten, after P. S. Heckbert, "Nice numbers for graph
/// labels", Graphics Gems (1990).
struct Axis: Equatable {
  /// The values at the two ends.
  let range: ClosedRange<Double>

  /// The marked values, ascending, all inside the range.
  let ticks: [Double]

  /// Whether equal ratios, not equal differences, have equal lengths; then the range is positive.
  private(set) var isLogarithmic = false

  /// The decimal places that show a tick and tell it from the next, in units of `unit`.
  func places(of tick: Double, in unit: Double) -> Int {
    let step = isLogarithmic || ticks.count < 2 ? tick : ticks[1] - ticks[0]
    return min(9, max(0, -Int(log10(step / unit * 1.000001).rounded(.down))))
  }

  /// Where `value` lies between the ends: 0 at the lower, 1 at the upper.
  func fraction(_ value: Double) -> Double {
    guard isLogarithmic else {
      return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }
    return log10(value / range.lowerBound) / log10(range.upperBound / range.lowerBound)
  }

  /// A point that is further out is not drawn: the arithmetic of an axis would overflow.
  static func canShow(_ value: Double) -> Bool {
    value.isFinite && abs(value) <= 1e18
  }

  /// An axis for measured values, whose ends are ticks.
  init(measured values: [Double], fromZero: Bool) {
    let covered = Axis.cover(values + (fromZero ? [0] : []))
    let step = Axis.niceStep(covered.upperBound - covered.lowerBound, parts: 4)
    let lower = (covered.lowerBound / step + 1e-6).rounded(.down) * step
    let upper = (covered.upperBound / step - 1e-6).rounded(.up) * step
    self.init(lower...max(upper, lower + step), step: step)
  }

  /// An axis for counted periods, which ends where they end and has whole ticks only.
  init(counted values: [Double]) {
    let range = Axis.cover(values)
    self.init(
      range, step: max(1, Axis.niceStep(range.upperBound - range.lowerBound, parts: 8)))
  }

  /// An axis for positive values of which some are many times as large as others: from power of ten to
  /// power of ten.
  init(logarithmic values: [Double]) {
    let lower = log10(values.min() ?? 1).rounded(.down)
    let upper = max(lower + 1, log10(values.max() ?? 1).rounded(.up))
    let stride = max(1, Int((upper - lower) / 5))
    range = pow(10, lower)...pow(10, upper)
    ticks = Swift.stride(from: Int(lower), through: Int(upper), by: stride).map {
      pow(10, Double($0))
    }
    isLogarithmic = true
  }

  private init(_ range: ClosedRange<Double>, step: Double) {
    self.range = range
    let first = Int((range.lowerBound / step - 1e-6).rounded(.up))
    let last = Int((range.upperBound / step + 1e-6).rounded(.down))
    ticks = (first...max(first, last)).map { Double($0) * step }
  }

  /// The smallest range around the values that is wide enough to divide.
  private static func cover(_ values: [Double]) -> ClosedRange<Double> {
    let lower = values.min() ?? 0
    let upper = values.max() ?? 1
    let magnitude = max(abs(lower), abs(upper))
    guard upper - lower <= 1e-9 * magnitude + 1e-12 else { return lower...upper }
    let margin = magnitude == 0 ? 1 : 0.1 * magnitude
    return (lower - margin)...(upper + margin)
  }

  private static func niceStep(_ span: Double, parts: Double) -> Double {
    let power = pow(10, log10(span / parts).rounded(.down))
    let multiple = span / parts / power
    return power * (multiple <= 1.5 ? 1 : multiple <= 3.5 ? 2 : multiple <= 7.5 ? 5 : 10)
  }
}
