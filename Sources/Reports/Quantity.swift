import Foundation

/// What a number measures, hence how it is written.
package enum Quantity: Sendable {
  /// A loss, in nats.
  case loss

  /// A size or an amount of traffic, in bytes.
  case bytes

  /// A time, in seconds.
  case seconds

  /// A share of a whole, from 0 to 1, in percent.
  case share

  /// A number without a unit.
  case amount

  /// What a measure of answers is: all but the perplexity are shares.
  package init(metric name: String) { self = name.contains("perplexity") ? .amount : .share }

  /// The unit in which to write numbers of this kind up to `largest`.
  ///
  /// Prefixes are decimal: 1 kB is 1000 bytes.
  func unit(upTo largest: Double) -> (size: Double, symbol: String) {
    let units: [(size: Double, symbol: String)] =
      switch self {
      case .loss: [(1, "nats")]
      case .share: [(0.01, "%")]
      case .bytes: [(1, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB")]
      case .amount: [(1e-9, "10⁻⁹"), (1e-6, "10⁻⁶"), (1e-3, "10⁻³"), (1, "")]
      case .seconds: [(1e-3, "ms"), (1, "s"), (60, "min"), (3600, "h")]
      }
    return units.last { $0.size <= abs(largest) } ?? units[0]
  }

  /// Writes a number with its unit: `2.417`, `16.4 kB`, `1.25 s`.
  ///
  /// Losses go without a unit. Three significant digits, but always three places for a loss and one for a
  /// share.
  package func text(_ value: Double) -> String {
    if self == .loss { return decimal(value, places: 3) }
    if self == .share { return decimal(100 * value, places: 1) + " %" }
    if self == .amount, value == 0 { return "0" }
    let unit = unit(upTo: value)
    let scaled = value / unit.size
    let isWhole = unit.size == 1 && scaled == scaled.rounded()
    return decimal(scaled, places: isWhole ? 0 : placesForThreeDigits(scaled))
      + (unit.symbol.isEmpty ? "" : (self == .amount ? " · " : " ") + unit.symbol)
  }
}

/// Writes a number with a fixed number of decimal places, the same in every locale.
func decimal(_ value: Double, places: Int) -> String {
  let scale = pow(10, Double(places))
  let rounded = (abs(value) * scale).rounded()
  guard value.isFinite, rounded < 1e15 else { return value.isFinite ? "\(value)" : "not finite" }
  let digits = String(Int(rounded))
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  let whole = padded.dropLast(places)
  let sign = value < 0 && rounded > 0 ? "-" : ""
  return sign + whole + (places > 0 ? "." + padded.suffix(places) : "")
}

/// The decimal places that show three significant digits, at most six.
private func placesForThreeDigits(_ value: Double) -> Int {
  guard value.isFinite, value != 0 else { return 0 }
  return min(6, max(0, 2 - Int(log10(abs(value)).rounded(.down))))
}
