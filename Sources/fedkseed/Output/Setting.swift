internal import Foundation

/// The name of an option and its value in a run.
struct Setting {
  /// The name of the option, without the dashes.
  let name: String

  /// The value.
  let value: any Encodable & Sendable

  init(_ name: String, _ value: some Encodable & Sendable) {
    self.name = name
    self.value = value
  }

  /// The value as the option takes it.
  var text: String { "\(value)" }
}

/// Settings as one JSON object whose keys are the names of the options.
struct SettingsObject: Encodable {
  let settings: [Setting]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for setting in settings { try container.encode(setting.value, forKey: Key(setting.name)) }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}

/// Returns the path from the root, so that it means the same in every folder.
func absolutePath(_ path: String) -> String {
  URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
}
