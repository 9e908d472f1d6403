internal import Bytes
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
    let bytes: [UInt8]
    do { bytes = try readInput(path, limit: byteLimit) } catch {
      guard error.isTooLarge else { throw error }
      throw RunError(
        "\(path): found more, expected at most \(byteLimit) bytes; is it a settings file?")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RunError("\(path): the bytes are not UTF-8; convert the file")
    }
    guard !UTF8Text(text).hasTooManyMarks else {
      throw RunError(
        "\(path): found more than \(UTF8Text.marksLimit) combining marks in a row; is it a settings "
          + "file?")
    }
    if let alias = firstAlias(in: text) {
      throw RunError("\(path): found the alias '*\(alias)'; aliases are not read: write the value")
    }
    return text
  }

  /// Returns the first name that both `&name` and `*name` stand for.
  ///
  /// Only such texts can have aliases, by which a few lines describe a value of exponential size,
  /// and the parser walks it. A settings file has no use for them.
  private static func firstAlias(in text: String) -> String? {
    let anchors = Set(names(after: "&", in: text))
    return names(after: "*", in: text).first(where: anchors.contains)
  }

  private static func names(after mark: Unicode.Scalar, in text: String) -> [String] {
    text.utf8.split(separator: UInt8(ascii: mark), omittingEmptySubsequences: false).dropFirst()
      .map { String(decoding: $0.prefix(while: isNamePart), as: UTF8.self) }
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-")
  }

  /// The first line of a description that also draws the place.
  private static func summary(of error: YamlError) -> String {
    "\(error)".split(separator: "\n").prefix(1).joined()
  }
}
