import Bytes
import Foundation

/// The bytes of a data file, unpacked, and the place errors refer to.
struct DataFile {
  /// The most bytes that are read, and that a packed file may hold: more would not be tuned on in a
  /// lifetime.
  static let byteLimit = 1 << 30

  /// What errors call the file.
  let path: String
  let bytes: [UInt8]

  /// Reads a regular file, a pipe or standard input (`-`), at most ``byteLimit`` bytes; gzip is
  /// unpacked and a byte-order mark left out.
  ///
  /// - Throws: ``DatasetError``, also if the bytes are those of a format that is no text.
  init(path: String) throws(DatasetError) {
    let name = path == standardInput ? "standard input" : path
    self.path = name
    do throws(DatasetError.Problem) {
      let bytes = try Self.unpacked(Self.read(path))
      if let format = ForeignFormat(of: bytes, path: name) { throw .foreign(format) }
      self.bytes = bytes.droppingByteOrderMark()
    } catch { throw DatasetError(file: name, problem: error) }
  }

  /// Whether a folder is at a path.
  static func isFolder(path: String) -> Bool { Bytes.isFolder(path) }

  /// The name without folders, the extension and that of a packed file; the last part of it, in
  /// small letters, is ``type``.
  var stem: String { url.deletingPathExtension().lastPathComponent }

  /// The extension in small letters, such as `jsonl`, of packed files that of the file inside.
  var type: String { url.pathExtension.lowercased() }

  private var url: URL {
    let url = URL(fileURLWithPath: path)
    return url.pathExtension.lowercased() == "gz" ? url.deletingPathExtension() : url
  }

  private static func read(_ path: String) throws(DatasetError.Problem) -> [UInt8] {
    do { return try readInput(path, limit: byteLimit) } catch {
      guard !error.isTooLarge else { throw .tooLarge(limit: byteLimit) }
      throw .unreadable(reason: error.reason)
    }
  }

  private static func unpacked(_ bytes: [UInt8]) throws(DatasetError.Problem) -> [UInt8] {
    guard Gzip.isPacked(bytes) else { return bytes }
    do { return try Gzip.unpack(bytes, limit: byteLimit) } catch {
      switch error {
      case .truncated: throw .brokenGzip(reason: "ends too early")
      case .damaged: throw .brokenGzip(reason: "is damaged")
      case .tooLarge: throw .unpackedTooLarge(limit: byteLimit)
      }
    }
  }

  /// The lines that are not blank with their numbers, without `\n` and `\r\n`, one at a time: a
  /// file of empty lines takes no memory for them.
  ///
  /// Splitting bytes instead of characters keeps `\r\n`, one Swift character, and invalid UTF-8 in
  /// their lines.
  var lines: some Sequence<(number: Int, bytes: ArraySlice<UInt8>)> {
    sequence(state: (number: 0, rest: bytes[...])) { state in
      while !state.rest.isEmpty {
        let end = state.rest.firstIndex(of: UInt8(ascii: "\n")) ?? state.rest.endIndex
        let text = state.rest[..<end]
        let line = text.last == 13 ? text.dropLast() : text
        state = (state.number + 1, state.rest[end...].dropFirst())
        if !line.allSatisfy({ $0 == 32 || $0 == 9 }) { return (number: state.number, bytes: line) }
      }
      return nil
    }
  }

  /// The text of some bytes of the file.
  func text(of bytes: some Sequence<UInt8>, line: Int?) throws(DatasetError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError(file: path, line: line, problem: .notUTF8)
    }
    return text
  }
}

extension [UInt8] {
  fileprivate func droppingByteOrderMark() -> [UInt8] {
    starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self
  }
}
