import Foundation

/// One axis of a plot: the range it covers and where its ticks are.
///
/// Source: steps of 1, 2 or 5 times a power of ten, after P. S. Heckbert, "Nice numbers for graph
/// labels", Graphics Gems (1990).
struct Axis: Equatable {
  /// The values at the two ends.
  let range: ClosedRange<Double>

  /// The distance between two ticks, positive.
  let step: Double

  /// The marked values, ascending, all inside the range.
  var ticks: [Double] {
    let first = Int((range.lowerBound / step - 1e-6).rounded(.up))
    let last = Int((range.upperBound / step + 1e-6).rounded(.down))
    return (first...max(first, last)).map { Double($0) * step }
  }

  /// The decimal places that tell one tick from the next, in units of `unit`.
  func places(in unit: Double) -> Int {
    min(9, max(0, -Int(log10(step / unit * 1.000001).rounded(.down))))
  }

  /// Where `value` lies between the ends: 0 at the lower, 1 at the upper.
  func fraction(_ value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
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
    self.range = lower...max(upper, lower + step)
    self.step = step
  }

  /// An axis for counted periods, which ends where they end and has whole ticks only.
  init(counted values: [Double]) {
    range = Axis.cover(values)
    step = max(1, Axis.niceStep(range.upperBound - range.lowerBound, parts: 8))
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
