internal import Bytes
internal import Foundation

extension LogEntry {
  /// Reads the lines of a log, all of them or the first that were saved.
  ///
  /// - Throws: ``RunError`` that names the file, the line and what is wrong.
  static func decode(_ lines: LogLines, path: String) throws -> [Self] {
    try lines.enumerated().map { number, line in
      let place = "\(path), line \(number + 1)"
      let entry = try RunJSON.decode(Self.self, from: line, path: place)
      guard entry.number == number else {
        throw RunError(
          "\(place): found \(kind.period) \(entry.number), expected \(number): restore the file")
      }
      guard entry.isConsistent else {
        throw RunError(
          "\(place): the numbers do not fit the messages of \(kind.period) \(number): the log is "
            + "damaged")
      }
      return entry
    }
  }

  /// Returns the line of the log.
  func line() throws -> Data {
    Data(ChecksummedJSON.adding(to: try RunJSON.encode(self, isCompact: true)))
  }

  /// Throws ``RunError`` if a line is not as it was written, though it can be read.
  static func checkIntact(_ lines: LogLines, path: String) throws {
    for (number, line) in lines.enumerated() where !ChecksummedJSON.isIntact(Array(line)) {
      throw RunError(
        "\(path), line \(number + 1): its checksum is of other bytes, so the log is damaged: restore "
          + "the file")
    }
  }

  /// Reads the log at `path`; an unfinished last line does not count.
  ///
  /// - Throws: ``RunError`` that names the file, the line and what is wrong.
  package static func read(path: String) throws -> [Self] {
    let lines = try LineLog.lines(of: path)
    let entries = try decode(lines, path: path)
    try checkIntact(lines, path: path)
    return entries
  }
}
