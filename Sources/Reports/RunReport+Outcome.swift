import Foundation

extension RunReport {
  /// What came out, as far as measurements and answers tell: the held-out loss at both ends and at its
  /// lowest, each other measure of the held-out examples, and how many answers are right.
  package var outcome: [Figure] {
    [lossFigure, bestFigure].compactMap(\.self) + metricFigures + [answersFigure].compactMap(\.self)
  }

  /// How many of the answers shown are right, before and after.
  package var rightAnswers: (before: Int, after: Int) {
    (samples.count { $0.isRight($0.before) }, samples.count { $0.isRight($0.after) })
  }

  private var answersFigure: Figure? {
    guard !samples.isEmpty, progress == nil else { return nil }
    return Figure(
      "right answers", "\(rightAnswers.before) \u{2192} \(rightAnswers.after)",
      note: "of the \(samples.count) below")
  }

  /// The measurement with the lowest held-out loss, the earliest of several.
  package var lowest: Best? {
    best
      ?? heldOut.filter { $0.value.isFinite }
      .min { ($0.value, $0.period) < ($1.value, $1.period) }
      .map { Best(period: $0.period, heldOutLoss: $0.value) }
  }

  private var lossFigure: Figure? {
    guard let (first, last) = ends(of: heldOut) else { return nil }
    guard first.period < last.period else {
      return Figure("held-out loss", text(first.value), note: "before the first \(period)")
    }
    let change = first.value > 0 ? 100 * (last.value / first.value - 1) : .nan
    return Figure(
      "held-out loss", "\(text(first.value)) \u{2192} \(text(last.value))",
      note: "nats" + (abs(change) < 1000 ? ", \(signed(change)) %" : ""))
  }

  /// The lowest loss, if it was measured more often than at both ends.
  private var bestFigure: Figure? {
    guard heldOut.count > 2, let lowest else { return nil }
    return Figure(
      "lowest held-out loss", text(lowest.heldOutLoss),
      note: lowest.period == 0 ? "before the first \(period)" : "after \(period) \(lowest.period)")
  }

  private var metricFigures: [Figure] {
    Set(measurements.flatMap(\.metrics.keys)).sorted().compactMap { name in
      let values = measurements.compactMap { point in
        point.metrics[name].map { (period: point.period, value: $0) }
      }
      guard let (first, last) = ends(of: values) else { return nil }
      let texts = [first, last].map { Quantity(metric: name).text($0.value) }
      return Figure(
        name, first.period == last.period ? texts[0] : texts.joined(separator: " \u{2192} "),
        note: "held-out examples")
    }
  }

  private var heldOut: [(period: Int, value: Double)] {
    measurements.compactMap { point in point.heldOutLoss.map { (point.period, $0) } }
  }

  private func ends(
    of values: [(period: Int, value: Double)]
  ) -> (first: (period: Int, value: Double), last: (period: Int, value: Double))? {
    guard let first = values.first, let last = values.last else { return nil }
    return (first, last)
  }

  private func text(_ loss: Double) -> String { Quantity.loss.text(loss) }

  /// A whole number with its sign, as changes have it.
  private func signed(_ value: Double) -> String {
    let text = decimal(abs(value), places: 0)
    return text == "0" ? "0" : (value < 0 ? "\u{2212}" : "+") + text
  }
}

extension String {
  /// The text with a capital at its start, as headings and sentences have it.
  package var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
