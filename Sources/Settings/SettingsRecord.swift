/// The value of a setting: text, a number, or yes and no.
///
/// Its description is how its option takes it.
public typealias SettingValue = any Encodable & Sendable & LosslessStringConvertible

/// The settings of a run with their values, in the order of ``SettingKey``.
///
///     let record: SettingsRecord = [.candidates: 4096, .seed: UInt64(1), .patience: nil]
///     record.texts["candidates"]   // "4096"
///
/// It is what files, checkpoints, reports and `--json` say of a run. Whoever has settings makes the record
/// of them, in one place.
public struct SettingsRecord: Sendable {
  private var values: [SettingKey: SettingValue] = [:]

  /// Creates a record without settings.
  public init() {}

  /// The value of a setting, or `nil` if it is not set.
  public subscript(key: SettingKey) -> SettingValue? { values[key] }

  /// The keys and values, in the order of ``SettingKey``.
  public var pairs: [(key: SettingKey, text: String)] {
    SettingKey.allCases.compactMap { key in values[key].map { (key, $0.description) } }
  }

  /// The values as options take them, by the names of the options.
  public var texts: [String: String] {
    Dictionary(uniqueKeysWithValues: pairs.map { ($0.key.rawValue, $0.text) })
  }

  /// Returns the record of both; where both have a setting, that of `other` counts.
  public func merging(_ other: SettingsRecord) -> SettingsRecord {
    var result = self
    result.values.merge(other.values) { $1 }
    return result
  }

  /// Returns the record of the settings whose key is `included`.
  public func filter(_ isIncluded: (SettingKey) -> Bool) -> SettingsRecord {
    var result = self
    result.values = values.filter { isIncluded($0.key) }
    return result
  }
}

extension SettingsRecord: ExpressibleByDictionaryLiteral {
  /// Creates a record; a setting whose value is `nil` is not set.
  public init(dictionaryLiteral elements: (SettingKey, SettingValue?)...) {
    for (key, value) in elements { values[key] = value }
  }
}

extension SettingsRecord: Encodable {
  /// Encodes one object whose keys are the names of the options.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: SettingKey.self)
    for (key, value) in values { try container.encode(value, forKey: key) }
  }
}
