/// An exponential moving mean: what shows the course of losses that differ from batch to batch.
///
/// The mean of the first n values has the weights of n values only, so it does not start at 0: the
/// correction of Kingma and Ba 2015, "Adam", section 3.
package struct Smoothing: Equatable, Sendable {
  /// About how many of the last values count: the centre of mass is that of a mean of so many.
  package let span: Int

  /// Chooses the span for `count` values: a twentieth of them, from 1 to 100.
  package init(count: Int) { span = min(100, max(1, count / 20)) }

  /// Returns the mean after each of the values.
  ///
  /// Values that are not finite count as missing: the mean stays as it was, `nil` before the first.
  package func means(of values: [Double]) -> [Double?] {
    let kept = 1 - 2 / (Double(span) + 1)
    var sum = 0.0
    var weight = 0.0
    return values.map { value in
      if value.isFinite {
        sum = kept * sum + (1 - kept) * value
        weight = kept * weight + (1 - kept)
      }
      return weight > 0 ? sum / weight : nil
    }
  }
}
