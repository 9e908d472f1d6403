import Foundation

/// One state of a progress bar, as a line of text.
struct ProgressLine {
  /// What is in progress.
  var label: String

  /// What is counted, in the plural.
  var unit: String

  /// The units done, at most `total`.
  var done: Int

  /// The units to do, positive.
  var total: Int

  /// The units that were done at the start.
  var doneBefore = 0

  /// The time since the start.
  var elapsed: Duration

  /// A few words on what was done last; may be empty.
  var note = ""

  /// The line in at most `columns` columns; where they are few, the less needed parts go.
  ///
  ///     tuning [=========>              ]  42%  84/200 steps  3.1/s  0:37 left
  func text(columns: Int) -> String {
    let choices = [
      [percent, count, rate, left, note], [percent, count, left, note], [percent, count, left],
      [percent, left], [percent],
    ]
    for parts in choices {
      let end = parts.filter { !$0.isEmpty }.map { "  " + $0 }.joined()
      let width = columns - label.count - end.count - 3
      if width >= 8 { return "\(label) [\(bar(min(width, 40)))]\(end)" }
    }
    return String(percent.prefix(max(0, columns)))
  }

  private func bar(_ width: Int) -> String {
    let filled = Int(Double(width) * Double(done) / Double(total))
    let head = done > 0 && filled < width ? ">" : ""
    return (String(repeating: "=", count: filled) + head)
      .padding(toLength: width, withPad: " ", startingAt: 0)
  }

  private var percent: String { "\(Int(100 * Double(done) / Double(total)))%" }

  private var count: String { "\(done)/\(total) \(unit)" }

  /// The mean rate since the start.
  private var rate: String {
    guard let perSecond else { return "" }
    return perSecond >= 1
      ? decimal(perSecond, places: 1) + "/s" : decimal(60 * perSecond, places: 1) + "/min"
  }

  /// The time left at the mean rate.
  private var left: String {
    guard let perSecond else { return "" }
    return clock(Double(total - done) / perSecond) + " left"
  }

  private var perSecond: Double? {
    let seconds = elapsed / .seconds(1)
    return done > doneBefore && seconds > 0 ? Double(done - doneBefore) / seconds : nil
  }
}

/// Writes seconds as `0:37` or `1:02:03`.
package func clock(_ seconds: Double) -> String {
  guard seconds < 1e9 else { return "very long" }
  let whole = Int(seconds.rounded(.up))
  let twoDigits = { (value: Int) in (value < 10 ? "0" : "") + String(value) }
  let tail = ":" + twoDigits(whole % 60)
  return whole < 3600
    ? "\(whole / 60)" + tail : "\(whole / 3600):" + twoDigits(whole / 60 % 60) + tail
}
