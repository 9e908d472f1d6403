internal import Foundation

/// The `name: value` lines of a file that Linux makes up when it is read, under /proc.
struct ProcFile {
  let path: String
  private let lines: [(name: Substring, value: String)]

  /// Reads the file at `path`.
  init(path: String) throws(ProcFileError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProcFileError(path: path, problem: "cannot be read")
    }
    self.init(path: path, text: String(decoding: data, as: UTF8.self))
  }

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n").compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let name = line[..<colon].trimmingCharacters(in: .whitespaces)
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      return (Substring(name), value)
    }
  }

  /// The value of the first line with this name.
  subscript(name: String) -> String? {
    lines.first { $0.name == name }?.value
  }

  /// Returns the bytes on the line `name`, which is written as `123 kB`.
  func bytes(_ name: String) throws(ProcFileError) -> Int {
    guard let value = self[name] else {
      throw ProcFileError(path: path, problem: "has no line '\(name)'")
    }
    let words = value.split(separator: " ")
    guard words.count == 2, words[1] == "kB", let count = Int(words[0]), count >= 0,
      case (let bytes, false) = count.multipliedReportingOverflow(by: 1024)
    else {
      throw ProcFileError(
        path: path, problem: "has '\(value)' on the line '\(name)', not a number of kB")
    }
    return bytes
  }
}

/// The reason why the operating system does not tell about memory or the processor.
public struct ProcFileError: Error, Equatable, CustomStringConvertible {
  /// The file under /proc.
  public let path: String
  /// What is wrong with it, as a verb phrase.
  public let problem: String

  /// One sentence: which file, what is wrong.
  public var description: String { "\(path) \(problem)" }
}
