import Bytes

/// The examples of a file or folder.
///
///     let dataset = try Dataset.read(path: "databricks-dolly-15k.jsonl")
public struct Dataset: Sendable, Equatable {
  /// The examples, in the order of the file; never empty when read from one.
  ///
  /// Those to train on, if there is a ``test`` part.
  public internal(set) var examples: [Example]

  /// The examples that are never trained on; empty without a ``DatasetSplit``.
  public internal(set) var test: [Example]

  /// How many examples the options left out.
  public internal(set) var skippedCount: Int

  /// How many tasks of a split's lists have no file.
  public let missingTaskCount: Int

  /// What the examples were read from, and how; none if they were made elsewhere.
  public internal(set) var formats: [DataFormat]

  /// The number of files they were read from.
  public internal(set) var fileCount = 1

  /// The files of a folder that were not read.
  public internal(set) var unreadFiles: [String] = []

  /// Creates a data set from examples made elsewhere.
  public init(
    examples: [Example], test: [Example] = [], skippedCount: Int = 0, missingTaskCount: Int = 0,
    formats: [DataFormat] = []
  ) {
    self.examples = examples
    self.test = test
    self.skippedCount = skippedCount
    self.missingTaskCount = missingTaskCount
    self.formats = formats
  }

  /// The examples to evaluate on: the test part if there is one, else all.
  public var evaluation: [Example] { test.isEmpty ? examples : test }

  /// What was read, in one line: how many examples, as what, and which keys and files were not
  /// read.
  public var summary: String {
    let count = examples.count + test.count
    var parts = [counted(count, "example")]
    if fileCount != 1 { parts[0] += " of \(fileCount) files" }
    parts += formats.map(\.text)
    var notes = [parts.joined(separator: ", ")]
    if skippedCount > 0, formats.contains(where: { $0.name != Format.taskName }) {
      notes.append("\(skippedCount) without an answer left out")
    }
    let unread = formats.flatMap(\.unreadKeys) + unreadFiles
    if !unread.isEmpty {
      let names = unread.prefix(8).map { "'\(clipped($0))'" }.joined(separator: ", ")
      notes.append("not read: \(names)" + (unread.count > 8 ? " and \(unread.count - 8) more" : ""))
    }
    return notes.joined(separator: "; ")
  }

  /// Reads examples in any of the supported formats.
  ///
  /// | path | format |
  /// |---|---|
  /// | a folder | its `.json`, `.jsonl`, `.ndjson`, `.csv` and `.tsv` files, packed or not, by name |
  /// | `-` | standard input |
  /// | a file or pipe of JSON objects, one a line, or of an array of them | records, see ``RecordSchema`` |
  /// | a JSON object with the key `Instances` | a Natural-Instructions task |
  /// | any other JSON object | a record, or a list of them under one key |
  /// | a table whose header a schema fits | records |
  /// | any other file | a table of sentences and labels, see ``LabelledSentences`` |
  ///
  /// The extensions `.jsonl`, `.csv` and `.tsv` decide before the content does. Files may be packed
  /// by gzip.
  ///
  /// - Throws: ``DatasetError`` with file, line and the value found, also if no example is left.
  /// - Complexity: O(bytes); the file is held in memory while it is read.
  public static func read(
    path: String, options: DatasetOptions = DatasetOptions()
  ) throws(DatasetError) -> Dataset {
    let dataset =
      switch options.split {
      case nil: try readAny(path: path, options: options)
      case .category(let name):
        try readAny(path: path, options: options).holdingOut(category: name, file: path)
      case .naturalInstructions(let seed):
        try NaturalInstructions.readReferenceSplit(folder: path, seed: seed)
      }
    guard !dataset.examples.isEmpty else {
      throw DatasetError(
        file: path == standardInput ? "standard input" : path,
        problem: .empty(skipped: dataset.skippedCount))
    }
    return dataset
  }

  private static func readAny(
    path: String, options: DatasetOptions
  ) throws(DatasetError) -> Dataset {
    DataFile.isFolder(path: path)
      ? try DataFolder(path: path, options: options).read()
      : try readFile(path: path, options: options)
  }

  /// Reads a file, whatever is in it.
  static func readFile(
    path: String, options: DatasetOptions
  ) throws(DatasetError) -> Dataset {
    let file = try DataFile(path: path)
    let records = RecordFile(file: file, options: options)
    switch try Format(of: records) {
    case .lines: return try records.readLines()
    case .array: return try records.readArray()
    case .document(let document): return try records.readDocument(document)
    case .rows(let separator): return try records.readTable(separator: separator)
    case .task(let task):
      // Their categories are the names of their files.
      if options.categoryKey != "file" { try options.requireCategory(of: path) }
      var dataset = try NaturalInstructions(options: options.tasks).read(task, of: file)
      dataset.formats = [DataFormat(name: Format.taskName)]
      return dataset
    case .sentences:
      try options.requireCategory(of: path)
      return Dataset(
        examples: try LabelledSentences(options: options.table).read(file),
        formats: [DataFormat(name: "labelled sentences")])
    }
  }
}

/// What is in a file.
private enum Format {
  static let taskName = "Natural Instructions"

  case lines, array, document(JSONObject), task(JSONObject), rows(separator: UInt8), sentences

  init(of records: RecordFile) throws(DatasetError) {
    let file = records.file
    let first = file.lines.first { _ in true }?.bytes ?? []
    let start = first.first { $0 > 32 }
    switch file.type {
    case "csv", "tsv": self = Self.table(records, first)
    case _ where start == UInt8(ascii: "["): self = .array
    case "jsonl", "ndjson": self = .lines
    case "json": self = try Self.json(file, first)
    default:
      self = start == UInt8(ascii: "{") ? try Self.json(file, first) : Self.table(records, first)
    }
  }

  /// Tells JSON lines from one document: a document may stand on one line, but then it is the only
  /// one.
  private static func json(
    _ file: DataFile, _ first: ArraySlice<UInt8>
  ) throws(DatasetError) -> Format {
    let isAlone = Array(file.lines.prefix(2)).count < 2
    if !isAlone, (try? JSONObject(parsing: first, file: file, line: 1)) != nil { return .lines }
    let document = try JSONObject(parsing: file.bytes[...], file: file, line: nil)
    return document.has("Instances") ? .task(document) : .document(document)
  }

  private static func table(_ records: RecordFile, _ first: ArraySlice<UInt8>) -> Format {
    let tab = UInt8(ascii: "\t")
    let candidates =
      records.file.type == "tsv" ? [tab] : [UInt8(ascii: ","), UInt8(ascii: ";"), tab]
    let counts = candidates.map { candidate in first.count { $0 == candidate } }
    let separator = candidates[counts.firstIndex(of: counts.max() ?? 0) ?? 0]
    guard records.file.type == "csv" || records.hasHeader(separator: separator) else {
      return .sentences
    }
    return .rows(separator: separator)
  }
}

/// The choices that matter for some of the formats.
public struct DatasetOptions: Sendable, Equatable {
  /// Which Natural-Instructions instances to take.
  public var tasks = NaturalInstructions.Options()

  /// How a table of sentences and labels becomes prompts.
  public var table = LabelledSentences.Options()

  /// The key of a record that holds its category; other formats have categories of their own.
  ///
  /// `file` is the name of the file where records have no such key.
  public var categoryKey = "category"

  /// The keys of records that mean something, where they are not those that are known.
  public var columns: [Column: String] = [:]

  /// What is kept for evaluation; `nil` leaves the choice to the run.
  public var split: DatasetSplit?

  /// Creates the options that leave nothing out.
  public init() {}

  /// Refuses another key for a format that has only categories.
  fileprivate func requireCategory(of path: String) throws(DatasetError) {
    guard categoryKey == "category" else {
      throw DatasetError(
        file: path, problem: .missingKey(key: clipped(categoryKey), found: ["category"]))
    }
  }
}
