internal import ArgumentParser
internal import Foundation

/// What the parser says of a command's names: a part of its `--experimental-dump-help`.
struct CommandNames: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String

      /// The name as it is typed.
      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: String
    let names: [Name]?
    let shouldDisplay: Bool
    let allValues: [String]?
    let abstract: String?
  }

  private struct Tool: Decodable { let command: CommandNames }

  let commandName: String
  let subcommands: [CommandNames]?
  let arguments: [Argument]?

  /// The tool itself.
  static var root: CommandNames? {
    try? JSONDecoder().decode(Tool.self, from: Data(FedKSeed._dumpHelp().utf8)).command
  }

  /// Returns the command that the arguments begin with, the names on the way to it, and what follows.
  static func command(
    of arguments: [String]
  ) -> (command: CommandNames, path: [String], rest: ArraySlice<String>)? {
    guard var command = root else { return nil }
    var words = arguments[...]
    if words.first == "help" { words.removeFirst() }
    var path = ["fedkseed"]
    while let word = words.first,
      let next = command.subcommands?.first(where: { $0.commandName == word })
    {
      words.removeFirst()
      path.append(word)
      command = next
    }
    return (command, path, words)
  }

  /// Returns a message of the parser with what it does not say of options that only the long help shows:
  /// their values, or what they are.
  static func completing(_ message: String, of arguments: [String]) -> String {
    guard let match = message.firstMatch(of: /'(--?[a-z0-9-]+)'$/),
      let option = command(of: arguments)?.command.option(String(match.1)), !option.shouldDisplay
    else { return message }
    let values = (option.allValues ?? []).map { "'\($0)'" }.joined(separator: ", ")
    return message
      + (values.isEmpty ? ": \(option.abstract ?? "")" : ". Please provide one of \(values).")
  }

  /// The names of all options.
  var allNames: [String] { (arguments ?? []).flatMap { ($0.names ?? []).map(\.text) } }

  /// Returns the first option among the words that there is none of.
  func firstUnknown(in words: ArraySlice<String>) -> String? {
    var isValue = false
    for word in words {
      if isValue {
        isValue = false
      } else if word == "--" {
        return nil
      } else if word.hasPrefix("-"), word != "-", Double(word) == nil {
        let name = word.prefix { $0 != "=" }
        guard let option = option(String(name)) else { return String(name) }
        isValue = option.kind == "option" && name.count == word.count
      }
    }
    return nil
  }

  func option(_ name: String) -> Argument? {
    (arguments ?? []).first { argument in
      (argument.names ?? []).contains { $0.text == name } || name == "--help-hidden"
    }
  }
}
