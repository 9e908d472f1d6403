internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Weights
internal import Yams

/// A YAML file whose keys are the names of options: what `--config` reads and every run writes.
///
/// Reading it means to put those of its options that the command line lacks on the command line. So
/// a key and an option are checked by the same code.
enum SettingsFile {
  /// A command that takes `--config` and `--resume`.
  private struct Command: Sendable {
    let type: any ParsableCommand.Type
    /// The options it cannot do without.
    let needed: [String]
    /// Where a run writes its settings, given its `--out`.
    let settingsPath: @Sendable (String) -> String
  }

  private static let commands = [
    Command(
      type: Tune.self, needed: ["--data=synthetic", "--out=x", "--steps=1"],
      settingsPath: { TuneFiles(out: $0).settings }),
    Command(
      type: Simulate.self, needed: ["--data=synthetic", "--out=x"],
      settingsPath: { $0 + "/" + RunFile.settings.rawValue }),
    Command(type: FindLearningRate.self, needed: ["--data=synthetic"], settingsPath: { $0 }),
  ]

  /// Options that make no sense in the file.
  private static let forbidden = ["config", "resume", "help", "version"]

  private static let byteLimit = 1 << 20

  /// Returns the arguments with the options of the `--config` file after the command's name.
  ///
  /// `--resume` names a run, and so its settings and its `--out`.
  ///
  /// - Throws: ``InputError`` that names the file and the key.
  static func expand(_ arguments: [String]) throws -> [String] {
    guard let name = arguments.first,
      let command = commands.first(where: { $0.type._commandName == name }),
      case let resumed = value(of: "--resume", in: arguments),
      let path = resumed.map(command.settingsPath) ?? value(of: "--config", in: arguments)
    else { return arguments }
    var options = resumed.map { ["--out=\($0)"] } ?? []
    for (key, value) in try read(path) {
      let isOverridden = isOverridden(key, by: arguments)
      let option = "--\(key)=\(value)"
      do {
        guard !forbidden.contains(key) else { throw ValidationError("not allowed in a file") }
        // Alone with the needed options, so that the message is about this one.
        _ = try command.type.parse(command.needed + [option])
      } catch {
        // What this machine cannot do does not matter in an option that is not used.
        if isOverridden, command.type.exitCode(for: error) != .validationFailure { continue }
        throw InputError("\(path): '\(key)': \(command.type.message(for: error))")
      }
      if !isOverridden { options.append(option) }
    }
    return [name] + options + arguments.dropFirst()
  }

  /// Returns whether the command line has the option `key`, or makes a recorded hash obsolete.
  private static func isOverridden(_ key: String, by arguments: [String]) -> Bool {
    let names = key == "data-sha256" ? ["data", "seed", "data-template", "labels", "split"] : [key]
    return names.contains { name in
      arguments.contains { $0 == "--" + name || $0.hasPrefix("--\(name)=") }
    }
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    for (argument, next) in zip(arguments, arguments.dropFirst() + [""]) {
      if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
      if argument == option { return next }
    }
    return nil
  }

  /// Reads the keys and values in the order of the file.
  private static func read(_ path: String) throws -> [(key: String, value: String)] {
    let root: Node?
    do { root = try compose(yaml: text(of: path)) } catch let error as YamlError {
      throw InputError("\(path): \(summary(of: error)); expected lines of the form 'name: value'")
    }
    guard let root else { return [] }
    guard let mapping = root.mapping else {
      throw InputError("\(path): expected lines of the form 'name: value', found something else")
    }
    return try mapping.map { key, value in
      guard let name = key.string else {
        throw InputError("\(path): a key is no text; expected the name of an option")
      }
      guard let value = value.scalar?.string else {
        throw InputError("\(path): '\(name)' is a list or a table; expected one value")
      }
      return (name, value)
    }
  }

  private static func text(of path: String) throws -> String {
    let file = try MappedFile(path: path)
    guard file.byteCount <= byteLimit else {
      throw InputError(
        "\(path): found \(file.byteCount) bytes, expected at most \(byteLimit); is it a settings "
          + "file?")
    }
    guard let text = String(data: try Data(contentsOf: URL(filePath: path)), encoding: .utf8) else {
      throw InputError("\(path): the bytes are not UTF-8; convert the file")
    }
    return text
  }

  /// The first line of a description that also draws the place.
  private static func summary(of error: YamlError) -> String {
    "\(error)".split(separator: "\n").prefix(1).joined()
  }

  /// Returns the bytes of a settings file, to which the command that repeats the run is a comment.
  static func bytes(_ settings: [Setting], command: String) throws -> [UInt8] {
    let pairs = settings.map { (Node($0.name), Node($0.text)) }
    let yaml = try serialize(node: Node(pairs), width: -1, allowUnicode: true)
    return Array("# Repeat this run: \(command)\n\(yaml)".utf8)
  }
}
