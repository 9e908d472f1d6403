internal import Bytes
internal import Foundation
package import Settings
internal import Yams

/// A YAML file whose keys are the names of options: what `--config` reads and every run writes.
package enum SettingsFile {
  private static let byteLimit = 1 << 20

  /// Returns the bytes of a settings file, to which the command that repeats the run is a comment.
  package static func bytes(_ settings: SettingsRecord, command: String) throws -> [UInt8] {
    let pairs = settings.pairs.map { (Node($0.key.rawValue), Node($0.text)) }
    let yaml = try serialize(node: Node(pairs), width: -1, allowUnicode: true)
    return Array("# Repeat this run: \(command)\n\(yaml)".utf8)
  }

  /// Reads the keys and values in the order of the file.
  ///
  /// - Throws: ``RunError`` that names the file and the key.
  package static func read(_ path: String) throws -> [(key: String, value: String)] {
    let root: Node?
    do { root = try compose(yaml: text(of: path)) } catch let error as YamlError {
      throw RunError("\(path): \(summary(of: error)); expected lines of the form 'name: value'")
    }
    guard let root else { return [] }
    guard let mapping = root.mapping else {
      throw RunError("\(path): expected lines of the form 'name: value', found something else")
    }
    return try mapping.map { key, value in
      guard let name = key.string else {
        throw RunError("\(path): a key is no text; expected the name of an option")
      }
      guard let value = value.scalar?.string else {
        throw RunError("\(path): '\(name)' is a list or a table; expected one value")
      }
      return (name, value)
    }
  }

  private static func text(of path: String) throws -> String {
    let file = try MappedFile(path: path)
    guard file.byteCount <= byteLimit else {
      throw RunError(
        "\(path): found \(file.byteCount) bytes, expected at most \(byteLimit); is it a settings "
          + "file?")
    }
    guard let text = String(data: try Data(contentsOf: URL(filePath: path)), encoding: .utf8) else {
      throw RunError("\(path): the bytes are not UTF-8; convert the file")
    }
    return text
  }

  /// The first line of a description that also draws the place.
  private static func summary(of error: YamlError) -> String {
    "\(error)".split(separator: "\n").prefix(1).joined()
  }
}
