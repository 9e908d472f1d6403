internal import Bytes
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

  /// Reads a value from JSON that ``json(_:isCompact:)`` wrote.
  ///
  /// - Parameter path: The file, for the error.
  /// - Throws: ``InputError`` that names the file, the place and what is wrong.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data, path: String
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { return try decoder.decode(type, from: data) } catch let error as DecodingError {
      throw InputError("\(path): \(summary(of: error)): restore the file, or start again")
    }
  }

  private static func summary(of error: DecodingError) -> String {
    let (context, key): (DecodingError.Context, String?) =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        (context, nil)
      case .keyNotFound(let key, let context): (context, key.stringValue)
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
      }
    let place = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    let text = key.map { "there is no '\($0)'" } ?? context.debugDescription
    return (place.isEmpty ? [] : [place.joined(separator: ".")]).joined()
      + (place.isEmpty ? "" : ": ")
      + text
  }

  /// Writes a line for the person at the terminal on standard error.
  static func log(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// Prints names and values in two columns on standard output, each row on one line: they may come
  /// from files of strangers.
  static func printTable(_ rows: [(name: String, value: String)]) {
    let rows = rows.map { (name: singleLine($0.name), value: singleLine($0.value)) }
    let width = rows.map(\.name.unicodeScalars.count).max() ?? 0
    for (name, value) in rows {
      let space = String(repeating: " ", count: width + 2 - name.unicodeScalars.count)
      print(name + space + value)
    }
  }

  /// Prints rows of equally many cells in columns on standard output: the first to the left, the others
  /// to the right.
  static func printColumns(_ rows: [[String]]) {
    let rows = rows.map { $0.map { singleLine($0) } }
    let widths = rows[0].indices.map { column in
      rows.map { $0[column].unicodeScalars.count }.max() ?? 0
    }
    for row in rows {
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
        return column == 0 ? cell + space : space + cell
      }
      print(cells.joined(separator: "  "))
    }
  }
}
