import Bytes
import Foundation

/// The bytes of a data file and the place errors refer to.
struct DataFile {
  /// The largest file that is read: larger ones would not be tuned on in a lifetime.
  static let byteLimit = 1 << 30

  let path: String
  let bytes: [UInt8]

  /// Reads a regular file of at most ``byteLimit`` bytes; a byte-order mark is left out.
  init(path: String) throws(DatasetError) {
    let target = Self.target(of: path)
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: target)
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        throw DatasetError.Problem.unreadable(reason: "it is not a regular file")
      }
      let byteCount = (attributes[.size] as? NSNumber)?.intValue ?? .max
      guard byteCount <= Self.byteLimit else {
        throw DatasetError.Problem.tooLarge(byteCount: byteCount, limit: Self.byteLimit)
      }
      // A mapping has the size that was looked at; files of /proc say 0 and could be read for ever.
      bytes = byteCount == 0 ? [] : try MappedFile(path: target).array.droppingByteOrderMark()
    } catch let problem as DatasetError.Problem {
      throw DatasetError(file: path, problem: problem)
    } catch let error as FileError {
      throw DatasetError(file: path, problem: .unreadable(reason: error.reason))
    } catch {
      throw DatasetError(file: path, problem: .unreadable(reason: error.localizedDescription))
    }
    self.path = path
  }

  /// Whether a folder is at a path.
  static func isFolder(path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: target(of: path))
    return attributes?[.type] as? FileAttributeType == .typeDirectory
  }

  /// The path behind links, whose own attributes are of no interest.
  private static func target(of path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  /// The lines that are not blank with their numbers, without `\n` and `\r\n`, one at a time: a file
  /// of empty lines takes no memory for them.
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
