internal import Bytes
internal import Foundation

/// A file to which whole lines are appended: the record of a run.
///
/// A line counts when its newline is on the disk. Whoever kills the program leaves at most one line
/// without a newline, which does not count. One process at a time may append.
final class LineLog {
  private let path: String
  private let handle: FileHandle

  /// Opens the file at `path`, or makes it.
  ///
  /// - Throws: ``RunError`` if another process appends to it.
  init(path: String) throws {
    self.path = path
    guard let descriptor = try openLocked(path) else {
      throw RunError("'\(path)' is being written by another process: wait for it, or end it")
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Appends lines and makes them durable.
  func append(_ lines: [Data]) throws {
    try handle.seekToEnd()
    try handle.write(contentsOf: lines.reduce(into: Data()) { $0 += $1 + [10] })
    try handle.synchronize()
  }

  /// Returns the first `count` lines.
  ///
  /// - Parameter count: Not negative.
  /// - Throws: ``RunError`` if there are fewer.
  func lines(first count: Int) throws -> [Data] {
    let all = try Self.lines(of: path)
    guard count <= all.count else {
      throw RunError(
        "\(path): found \(all.count) lines, expected the \(count) that were saved: restore the file"
      )
    }
    return Array(all.prefix(count))
  }

  /// Cuts everything behind the first lines, which are `lines`.
  ///
  /// - Returns: The number of bytes that were cut.
  func cut(behind lines: [Data]) throws -> Int {
    let byteCount = lines.reduce(0) { $0 + $1.count + 1 }
    let end = try Int(handle.seekToEnd())
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.synchronize()
    return end - byteCount
  }

  /// Returns the complete lines of the file at `path`.
  static func lines(of path: String) throws -> [Data] {
    let data = try Data(contentsOf: URL(filePath: path))
    guard let end = data.lastIndex(of: 10) else { return [] }
    return data[..<end].split(separator: 10, omittingEmptySubsequences: false)
  }
}
