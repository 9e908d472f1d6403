internal import Bytes
internal import Foundation
internal import Runs

/// The two channels of the tool.
enum Output {
  /// Prints a value as one JSON object on standard output, with `snake_case` keys in order.
  ///
  /// Numbers are written with the fewest digits that read back as the same value.
  static func printJSON(_ value: some Encodable) throws {
    print(String(decoding: try RunJSON.encode(value), as: UTF8.self))
  }

  /// Whether what is done here says nothing but what it comes to.
  @TaskLocal private static var isQuiet = false

  /// Does something, of which ``log(_:)`` says nothing if `isQuiet`.
  static func quietly(_ isQuiet: Bool, _ body: () throws -> Void) rethrows {
    try $isQuiet.withValue(isQuiet, operation: body)
  }

  /// Writes a line for the person at the terminal on standard error.
  static func log(_ text: String) {
    guard !isQuiet else { return }
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// The longest text of a cell or line, in Unicode scalars: that of the longest path.
  static let longestText = 4096

  /// Prints names and values in two columns on standard output, each row on one line: they may come
  /// from files of strangers.
  static func printTable(_ rows: [(name: String, value: String)]) {
    let rows = rows.map { (name: cell($0.name), value: cell($0.value)) }
    let width = rows.map(\.name.unicodeScalars.count).max() ?? 0
    for (name, value) in rows {
      let space = String(repeating: " ", count: width + 2 - name.unicodeScalars.count)
      print(name + space + value)
    }
  }

  /// Prints rows of equally many cells in columns on standard output: the first to the left, the others
  /// to the right.
  static func printColumns(_ rows: [[String]]) {
    let rows = rows.map { $0.map(cell) }
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

  private static func cell(_ text: String) -> String { singleLine(text, limit: longestText) }
}
