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
  func lines(first count: Int) throws -> LogLines {
    let all = try Self.lines(of: path)
    guard let first = all.first(count) else {
      throw RunError(
        "\(path): found \(all.count) lines, expected the \(count) that were saved: restore the file"
      )
    }
    return first
  }

  /// Cuts everything behind the first lines, which are `lines`.
  ///
  /// - Returns: The number of bytes that were cut.
  func cut(behind lines: LogLines) throws -> Int {
    let end = try Int(handle.seekToEnd())
    try handle.truncate(atOffset: UInt64(lines.byteCount))
    try handle.synchronize()
    return end - lines.byteCount
  }

  /// Returns the complete lines of the file at `path`.
  ///
  /// - Throws: `FileError` if it cannot be read or is no regular file.
  static func lines(of path: String) throws -> LogLines {
    LogLines(completeIn: try readRegularFile(path))
  }
}

/// Whole lines of a log, one at a time: a file of empty lines takes no memory for them.
struct LogLines: Sequence {
  private let bytes: ArraySlice<UInt8>

  /// The lines of some bytes that end with a newline.
  init(completeIn bytes: [UInt8]) {
    self.bytes = bytes.lastIndex(of: 10).map { bytes[...$0] } ?? []
  }

  private init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// The number of bytes, with those of the newlines.
  var byteCount: Int { bytes.count }

  var isEmpty: Bool { bytes.isEmpty }

  /// The number of lines; O(bytes).
  var count: Int { bytes.count { $0 == 10 } }

  /// The first `count` lines, or `nil` if there are fewer.
  func first(_ count: Int) -> LogLines? {
    var end = bytes.startIndex
    for _ in 0..<count {
      guard let newline = bytes[end...].firstIndex(of: 10) else { return nil }
      end = newline + 1
    }
    return LogLines(bytes[..<end])
  }

  /// The lines without their newlines, in order.
  func makeIterator() -> AnyIterator<Data> {
    var rest = bytes
    return AnyIterator {
      guard let newline = rest.firstIndex(of: 10) else { return nil }
      defer { rest = rest[(newline + 1)...] }
      return Data(rest[..<newline])
    }
  }
}
