internal import ArgumentParser
internal import Foundation
internal import Runs
internal import Settings

/// Puts the options of a settings file on the command line, where it lacks them.
///
/// So a key and an option are read by the same code. The parser alone knows which options a command has
/// and what their values may be, and tells nobody: each key is therefore parsed alone, beside made-up
/// values of the options that the command cannot do without. Only so a message can name file and key.
enum SettingsArguments {
  /// A command that takes `--config` and `--resume`.
  private struct Command: Sendable {
    let name: String
    let type: any ParsableCommand.Type
    /// The options it cannot do without.
    let needed: [SettingKey: String]
    /// More arguments that it cannot do without.
    var others: [String] = []
    /// Where a run writes its settings, given its `--out`.
    let settingsPath: (@Sendable (String) -> String)?
  }

  private static let commands = [
    Command(
      name: "tune", type: Tune.self, needed: [.data: "synthetic", .steps: "1"],
      settingsPath: { RunFiles(tuning: $0).settings }),
    Command(
      name: "simulate", type: Simulate.self, needed: [.data: "synthetic"],
      settingsPath: { RunFiles(simulation: $0).settings }),
    Command(
      name: "server", type: ServeFederation.self, needed: [.data: "synthetic"],
      settingsPath: { RunFiles(serving: $0).settings }),
    Command(
      name: "client", type: ServeClient.self, needed: [.data: "synthetic"],
      others: ["--id=0", "--state=x", "--socket=x"], settingsPath: nil),
    Command(
      name: "find-lr", type: FindLearningRate.self, needed: [.data: "synthetic"],
      settingsPath: nil),
  ]

  /// Options that make no sense in the file.
  private static let forbidden = ["config", "resume", "help", "version"]

  /// The settings that make a recorded hash of the data obsolete.
  private static let dataKeys: [SettingKey] = [
    .data, .columns, .seed, .dataTemplate, .labels, .split,
  ]

  /// Returns the arguments with the options of the `--config` file after the command's name.
  ///
  /// `--resume` names a run, and so its settings and its `--out`. A server needs no `--data`.
  ///
  /// - Throws: `RunError` or ``InputError`` that names the file and the key.
  static func expand(_ arguments: [String]) throws -> [String] {
    let expanded = try insertSettings(into: arguments)
    guard arguments.first == "server", value(of: "--data", in: expanded) == nil else {
      return expanded
    }
    return expanded + ["--data=\(DataOptions.none)"]
  }

  private static func insertSettings(into arguments: [String]) throws -> [String] {
    guard let name = arguments.first, let command = commands.first(where: { $0.name == name })
    else { return arguments }
    let resumed = command.settingsPath == nil ? nil : value(of: "--resume", in: arguments)
    guard
      let path = resumed.flatMap({ command.settingsPath?($0) })
        ?? value(of: "--config", in: arguments)
    else { return arguments }
    var options = resumed.map { ["--out=\($0)"] } ?? []
    for (key, value) in try SettingsFile.read(path) {
      let isOverridden = isOverridden(key, by: arguments)
      let option = try option(key, value, of: command, in: path)
      try option.map { try check(key, $0, of: command, in: path, isUsed: !isOverridden) }
      if !isOverridden, let option { options.append(option) }
    }
    return [name] + options + arguments.dropFirst()
  }

  /// Returns the argument that a key and its value stand for; `nil` for a flag that is not set.
  private static func option(
    _ key: String, _ value: String, of command: Command, in path: String
  ) throws -> String? {
    if !forbidden.contains(key), (try? parse("--\(key)", of: command)) != nil {
      do { return try Truth.parse(value) ? "--\(key)" : nil } catch {
        throw InputError("\(path): '\(key)': \(error)")
      }
    }
    return "--\(key)=\(pathKeys.contains(key) ? expandingHome(value) : value)"
  }

  /// The settings that are paths.
  private static let pathKeys = [SettingKey.model, .data].map(\.rawValue) + ["out"]

  /// Returns a path in which `~` at the start is the user's folder, as a shell has it.
  private static func expandingHome(_ path: String) -> String {
    let home = ProcessInfo.processInfo.environment["HOME"]
    guard let home, path == "~" || path.hasPrefix("~/") else { return path }
    return home + path.dropFirst()
  }

  /// Parses one option alone, beside those that the command cannot do without.
  private static func parse(_ option: String, of command: Command) throws {
    let needed = command.needed.map { "--\($0.rawValue)=\($1)" }
    let out = command.settingsPath == nil ? [] : ["--out=x"]
    _ = try command.type.parse(needed + command.others + out + [option])
  }

  /// Throws unless the option is one of the command, with a value it may have.
  private static func check(
    _ key: String, _ option: String, of command: Command, in path: String, isUsed: Bool
  ) throws {
    do {
      guard !forbidden.contains(key) else { throw ValidationError("not allowed in a file") }
      try parse(option, of: command)
    } catch {
      // What this machine cannot do does not matter in an option that is not used.
      guard isUsed || command.type.exitCode(for: error) == .validationFailure else { return }
      let message = CommandNames.completing(command.type.message(for: error), of: [command.name])
      throw InputError("\(path): '\(key)': \(message)")
    }
  }

  /// Returns whether the command line has the option `key`, or makes a recorded hash obsolete.
  private static func isOverridden(_ key: String, by arguments: [String]) -> Bool {
    let keys =
      key == SettingKey.dataSha256.rawValue
      ? dataKeys : [SettingKey(option: key)].compactMap(\.self)
    let names = keys.isEmpty ? ["--" + key] : keys.flatMap(spellings)
    return names.contains { name in
      arguments.contains { $0 == name || $0.hasPrefix(name + "=") }
    }
  }

  /// The options that take the place of a setting.
  private static func spellings(of key: SettingKey) -> [String] {
    ([key.rawValue] + key.aliases + (key == .steps ? ["epochs"] : [])).map { "--" + $0 }
      + [key.letter].compactMap { $0.map { "-\($0)" } }
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    for (argument, next) in zip(arguments, arguments.dropFirst() + [""]) {
      if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
      if argument == option { return next }
    }
    return nil
  }
}

extension NameSpecification {
  /// The option of a setting.
  static func setting(_ key: SettingKey) -> NameSpecification {
    var names: [NameSpecification.Element] = [.customLong(key.rawValue)]
    names += key.aliases.map { .customLong($0) }
    if let letter = key.letter { names.append(.customShort(letter)) }
    return NameSpecification(names)
  }
}
