extension [String] {
  /// Returns the arguments as the parser takes them, from what people type.
  var normalized: [String] { showingAllHelp().namingModelFirst().joiningDashedValues() }

  /// Returns the arguments with `--help-all` in the parser's words, also behind `help`.
  func showingAllHelp() -> [String] {
    guard contains("--help-all") else { return self }
    return filter { $0 != "--help-all" && $0 != "help" } + ["--help-hidden"]
  }

  /// The commands whose first argument is a model.
  private static let commandsWithModel: Set = [
    "inspect", "tokenize", "logits", "generate", "score", "find-lr", "tune", "simulate", "apply",
    "estimate", "profile",
  ]

  /// Returns the arguments with `-m MODEL` or `--model MODEL` as the first argument of the command.
  func namingModelFirst() -> [String] {
    guard let command = first, Self.commandsWithModel.contains(command),
      let place = firstIndex(where: { $0 == "-m" || $0 == "--model" || $0.hasPrefix("--model=") })
    else { return self }
    var arguments = self
    let option = arguments.remove(at: place)
    if option.hasPrefix("--model=") {
      arguments.insert(String(option.dropFirst(8)), at: 1)
    } else if place < arguments.count {
      arguments.insert(arguments.remove(at: place), at: 1)
    } else {
      return self
    }
    return arguments
  }

  /// Returns the arguments with `--steps -1` written as `--steps=-1`.
  ///
  /// So that a value may begin with a dash, such as `--labels -1=bad,1=good`, and a negative number
  /// is reported as a wrong value rather than as an unknown option. A dash and a letter is an option.
  func joiningDashedValues() -> [String] {
    var isPositional = false
    return reduce(into: []) { joined, argument in
      isPositional = isPositional || argument == "--"
      let isValue =
        argument.hasPrefix("-") && !argument.hasPrefix("--") && !Self.isLetterOption(argument)
      if !isPositional, isValue, let last = joined.last, last.hasPrefix("--"), !last.contains("=") {
        joined[joined.count - 1] = "\(last)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
  }

  private static func isLetterOption(_ argument: String) -> Bool {
    argument.count == 2 && "hmpntcso".contains(argument.last ?? " ")
  }
}
