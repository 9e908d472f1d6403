/// A setting outside its range.
///
///     '--epsilon' must be a positive finite number, but is 0.0
public struct SettingsError: Error, Equatable, CustomStringConvertible {
  /// The setting.
  public let key: SettingKey
  /// The value found.
  public let found: String
  /// The values allowed, as a noun phrase.
  public let expected: String

  /// Creates an error about one setting.
  public init(_ key: SettingKey, found: String, expected: String) {
    self.key = key
    self.found = found
    self.expected = expected
  }

  /// One sentence: what is wrong and what is allowed.
  public var description: String { "'--\(key.rawValue)' must be \(expected), but is \(found)" }

  /// Returns `value` if it is positive and finite, and throws otherwise.
  package static func positive<Value: BinaryFloatingPoint>(
    _ value: Value, _ key: SettingKey
  ) throws(SettingsError) -> Value {
    guard value > 0, value.isFinite else {
      throw SettingsError(
        key, found: "\(value)", expected: "a positive finite number")
    }
    return value
  }

  /// Throws unless `value` is a share of what is kept: from 0 and below 1.
  package static func keptShare(_ value: Double, _ key: SettingKey) throws(SettingsError) {
    guard (0..<1).contains(value) else {
      throw SettingsError(key, found: "\(value)", expected: "a number from 0 and below 1")
    }
  }

  /// Returns `value` if it is in `range`, and throws otherwise.
  package static func within(
    _ range: ClosedRange<Int>, _ value: Int, _ key: SettingKey
  ) throws(SettingsError) -> Int {
    guard range.contains(value) else {
      throw SettingsError(
        key, found: "\(value)",
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
