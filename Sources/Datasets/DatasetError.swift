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
    case tooLarge(limit: Int)
    /// The packed file holds more than this reader accepts.
    case unpackedTooLarge(limit: Int)
    /// The packed file cannot be unpacked.
    case brokenGzip(reason: String)
    /// The folder has files, but none of data.
    case noDataFile(found: [String])
    /// The file is of another format.
    case foreign(ForeignFormat)
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
    /// No schema fits the first record.
    case noSchema(found: [String], columns: [String])
    /// The answer is none of the options.
    case unknownAnswer(key: String, found: String, options: [String])
    /// A quoted field of a table does not end, or text follows it.
    case badQuotes
    /// A row has another number of fields than the header.
    case fieldCount(found: Int, header: Int)
    /// A row of a table has more fields than any header.
    case tooManyFields(limit: Int)
    /// Two columns of a table have one name.
    case repeatedColumn(String)
    /// A key that the user has named is in no record.
    case unusedColumn(column: String, key: String)
    /// The files of a folder are of several schemas.
    case mixedFormats([String])
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
    case .tooLarge(let limit):
      "has more bytes than the limit of \(limit); split the file"
    case .unpackedTooLarge(let limit):
      "holds more bytes when unpacked than the limit of \(limit); split the file"
    case .brokenGzip(let reason):
      "is packed by gzip and \(reason); fetch the file again"
    case .noDataFile(let found):
      """
      has no file of data (.json, .jsonl, .ndjson, .csv, .tsv, packed or not); found \
      \(Self.list(found)). Name a file, or the folder inside that has them
      """
    case .foreign(let format):
      "is \(format.name); \(format.advice)"
    case .empty(let skipped):
      skipped == 0
        ? "holds no example; expected JSON, Natural-Instructions tasks or a CSV or TSV table"
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
    case .noSchema(let found, let columns):
      """
      no known schema has the keys \(Self.list(found))\(Self.with(columns)); known are messages, \
      conversations, instruction (or prompt, question, input) with response (or output, completion, \
      answer), question with options and answer, sentence with label, and text. Name the keys, for \
      example by '--columns instruction=KEY,response=KEY'
      """
    case .unknownAnswer(let key, let found, let options):
      """
      '\(key)' is '\(found)', which is none of the options \(Self.list(Array(options.prefix(8)))), \
      nor the letter or the number (from 0 on) of one
      """
    case .badQuotes:
      "a quoted field does not end, or text follows its last quote; double quotes inside of it"
    case .fieldCount(let found, let header):
      "has \(found) fields, but the header has \(header); put quotes around fields with separators"
    case .tooManyFields(let limit):
      "a row has more than \(limit) fields; is it a table?"
    case .repeatedColumn(let name):
      "the header has the column '\(name)' twice; rename one"
    case .unusedColumn(let column, let key):
      "no record has the key '\(key)', which '--columns' names for \(column)"
    case .mixedFormats(let names):
      "the files are of several schemas: \(names.joined(separator: "; ")). Read them one by one"
    case .columnCount(let found):
      "has \(found) tab-separated columns; expected 2, a sentence and a label"
        + (found == 1 ? ". Of running text make JSON lines with the key 'text'" : "")
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

  private static func with(_ columns: [String]) -> String {
    columns.isEmpty ? "" : " with the columns " + columns.joined(separator: ",")
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "nothing" : names.map { "'\($0)'" }.joined(separator: ", ")
  }
}
