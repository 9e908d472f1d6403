internal import ArgumentParser

/// Truth values as people write them on the command line and in YAML.
enum Truth {
  /// Reads yes, no, true, false, on or off, in letters of any size.
  static func parse(_ text: String) throws -> Bool {
    switch text.lowercased() {
    case "yes", "true", "on": true
    case "no", "false", "off": false
    default: throw ValidationError("expected yes or no, found '\(text)'")
    }
  }
}
