internal import Foundation

/// The first command or option on the command line that there is none of, and what may have been meant.
///
/// The parser would name what is missing first, and knows near names of options only.
struct UnknownName {
  /// One sentence: the name, and those near to it.
  let description: String
  /// The command it was found in, with those above it.
  let command: [String]

  /// Looks through the arguments; `nil` if every name is one.
  init?(in arguments: [String]) {
    guard let (command, path, rest) = CommandNames.command(of: arguments) else { return nil }
    if let subcommands = command.subcommands, !subcommands.isEmpty, let word = rest.first,
      !word.hasPrefix("-")
    {
      description = Self.sentence("command", word, subcommands.map(\.commandName), path)
      self.command = path
      return
    }
    guard let option = command.firstUnknown(in: rest) else { return nil }
    description = Self.sentence("option", option, command.allNames, path)
    self.command = path
  }

  private static func sentence(
    _ kind: String, _ name: String, _ names: [String], _ path: [String]
  ) -> String {
    let near = NearNames.of(name, among: names).map { "'\($0)'" }
    let advice =
      near.isEmpty
      ? "'\(path.joined(separator: " ")) \(kind == "option" ? "--help-all" : "--help")' has them all"
      : "did you mean \(near.joined(separator: " or "))?"
    return "there is no \(kind) '\(name)' in '\(path.joined(separator: " "))': \(advice)"
  }
}

/// Names that a mistyped one may have meant.
enum NearNames {
  /// Returns the nearest of `names`, at most three, or none if all are far.
  ///
  /// Near is a few letters away, or begun alike; underscores are hyphens.
  static func of(_ name: String, among names: [String]) -> [String] {
    let typed = name.lowercased().replacingOccurrences(of: "_", with: "-")
    let limit = max(1, min(4, typed.count / 3))
    let near = names.filter { $0.count > 2 }.map { (name: $0, distance: distance(typed, $0)) }
      .filter { $0.distance <= limit }.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return near.filter { $0.distance == near[0].distance }.prefix(3).map(\.name)
  }

  private static func distance(_ typed: String, _ name: String) -> Int {
    let bare = typed.drop { $0 == "-" }
    let known = name.drop { $0 == "-" }
    if bare.count > 2, known.hasPrefix(bare) { return 1 }
    if known.count > 2, bare.hasPrefix(known) { return 2 }
    return editDistance(Array(typed.utf8), Array(name.utf8))
  }

  /// Returns the number of letters to insert, leave out, replace or swap with the next one.
  ///
  /// - Complexity: O(product of both lengths).
  static func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var before: [Int] = []
    var row = Array(0...other.count)
    for (i, a) in one.enumerated() {
      var next = [i + 1]
      for (j, b) in other.enumerated() {
        var best = min(row[j] + (a == b ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, a == other[j - 1], one[i - 1] == b { best = min(best, before[j - 1] + 1) }
        next.append(best)
      }
      (before, row) = (row, next)
    }
    return row[other.count]
  }
}
