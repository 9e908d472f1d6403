internal import Foundation
public import Settings

extension AggregationRule {
  /// Reads a rule as an option or a file has it.
  ///
  /// - Throws: ``SettingsError`` if it is none, or its number is out of range.
  public init(parsing text: String) throws(SettingsError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Double(parts[1]) : nil
    switch (parts[0], number) {
    case ("mean", nil) where parts.count == 1: self = .mean
    case ("median", nil) where parts.count == 1: self = .median
    case ("clipped-mean", let norm?) where norm > 0 && norm.isFinite:
      self = .clippedMean(norm: norm)
    case ("trimmed-mean", let share?) where share >= 0 && share < 0.5:
      self = .trimmedMean(share: share)
    case ("multi-krum", _?):
      guard let liars = Int(parts[1]), (0...1 << 20).contains(liars) else { fallthrough }
      self = .multiKrum(liars: liars)
    default:
      throw SettingsError(
        .aggregation, found: text,
        expected:
          "mean, clipped-mean:NORM with a norm above 0, median, trimmed-mean:SHARE with a share "
          + "from 0 and below 0.5, or multi-krum:LIARS with their number")
    }
  }
}

extension AggregationRule {
  /// Checks that the rule can be that of rounds of so many clients.
  ///
  /// - Throws: ``SettingsError``.
  func check(clients: Int, admitsAll: Bool) throws(SettingsError) {
    guard admitsAll || !isCoordinatewise else {
      throw SettingsError(
        .aggregation, found: "\(self)",
        expected:
          "another rule without '--estimator backprop': of pairs, most clients have none of a "
          + "coefficient")
    }
    guard case .multiKrum(let liars) = self, clients < 2 * liars + 3 else { return }
    throw SettingsError(
      .aggregation, found: "\(self)",
      expected: "at most \(max(0, (clients - 3) / 2)) liars among the \(clients) clients of a round"
    )
  }
}

extension AggregationRule: CustomStringConvertible {
  /// The rule as ``init(parsing:)`` reads it.
  public var description: String {
    switch self {
    case .mean: "mean"
    case .clippedMean(let norm): "clipped-mean:\(norm)"
    case .median: "median"
    case .trimmedMean(let share): "trimmed-mean:\(share)"
    case .multiKrum(let liars): "multi-krum:\(liars)"
    }
  }
}

/// In a log it is its text.
extension AggregationRule: Codable {
  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Reads a text.
  ///
  /// - Throws: `DecodingError` if it is no rule.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do { try self.init(parsing: container.decode(String.self)) } catch let error as SettingsError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }
}
