/// The reason a data file cannot be used, and where in it.
public struct DatasetError: Error, Equatable {
  /// The path of the file or folder.
  public let file: String

  /// The line, counted from 1, where the format has lines.
  public let line: Int?

  /// What is wrong there.
  public let problem: Problem

  package init(file: String, line: Int? = nil, problem: Problem) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  /// What can be wrong with a data file.
  public enum Problem: Error, Equatable, Sendable {
    /// The file does not exist, is no regular file, or the system refuses to read it.
    case unreadable(reason: String)
    /// The file is larger than this reader accepts.
    case tooLarge(byteCount: Int, limit: Int)
    /// No example is in the file, or the options leave none.
    case empty(skipped: Int)
    /// The bytes are not UTF-8 text.
    case notUTF8
    /// The text is not JSON.
    case brokenJSON(reason: String)
    /// Arrays and objects are nested deeper than any data set needs.
    case nestedTooDeep(limit: Int)
    /// The value is JSON of another type.
    case wrongType(key: String, found: String, expected: String)
    /// An object lacks a key.
    case missingKey(key: String, found: [String])
    /// A line has another number of tab-separated columns than two.
    case columnCount(found: Int)
    /// Neither column of the first line is called `label` or holds a known label.
    case noLabelColumn(found: [String], expected: [String])
    /// A label is none of the known ones.
    case unknownLabel(found: String, expected: [String])
    /// No example is of the category that is to be held out.
    case noSuchCategory(name: String, found: [String])
    /// The template of a table does not say where the sentence goes.
    case badTemplate(found: String)
  }
}

extension DatasetError: CustomStringConvertible {
  /// The place, what is wrong there, and what to do about it.
  public var description: String {
    let place = line.map { "\(file):\($0)" } ?? file
    return "\(place): \(problem)"
  }
}

extension DatasetError.Problem: CustomStringConvertible {
  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read: \(reason)"
    case .tooLarge(let byteCount, let limit):
      "has \(byteCount) bytes, more than the limit of \(limit); split the file"
    case .empty(let skipped):
      skipped == 0
        ? "holds no example; expected JSON lines, Natural-Instructions tasks or a TSV table"
        : "leaves no example: all \(skipped) are skipped by the options; loosen them"
    case .notUTF8:
      "is not UTF-8 text; convert it, for example with iconv"
    case .brokenJSON(let reason):
      "is not valid JSON: \(reason)"
    case .nestedTooDeep(let limit):
      "nests arrays or objects deeper than \(limit) levels, so it is no data set"
    case .wrongType(let key, let found, let expected):
      "'\(key)' should be \(expected), but is \(found)"
    case .missingKey(let key, let found):
      "the key '\(key)' is missing; found \(Self.list(found)). Rename or add it"
    case .columnCount(let found):
      "has \(found) tab-separated columns; expected 2, a sentence and a label"
    case .noLabelColumn(let found, let expected):
      """
      which column is the label? Found \(Self.list(found)), expected the header 'sentence', \
      'label' or one of the labels \(Self.list(expected))
      """
    case .unknownLabel(let found, let expected):
      "the label '\(found)' is none of \(Self.list(expected)); name all labels in the options"
    case .noSuchCategory(let name, let found):
      "no example is of the category '\(name)' to hold out; found \(Self.list(found))"
    case .badTemplate(let found):
      "the template '\(found)' should contain {sentence} once and end there or with {label}"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "nothing" : names.map { "'\($0)'" }.joined(separator: ", ")
  }
}
