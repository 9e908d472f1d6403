internal import Foundation

/// The two channels of the tool.
enum Output {
  /// Prints a value as one JSON object on standard output, with `snake_case` keys in order.
  ///
  /// Numbers are written with the fewest digits that read back as the same value.
  static func printJSON(_ value: some Encodable) throws {
    print(String(decoding: try json(value), as: UTF8.self))
  }

  /// Returns a value as JSON.
  ///
  /// - Parameter isCompact: Whether it stands on one line.
  static func json(_ value: some Encodable, isCompact: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !isCompact { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(value)
  }

  /// Writes a line for the person at the terminal on standard error.
  static func log(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Prints names and values in two columns on standard output.
  static func printTable(_ rows: [(name: String, value: String)]) {
    let width = rows.map(\.name.count).max() ?? 0
    for (name, value) in rows {
      print(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
    }
  }
}
