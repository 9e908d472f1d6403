import Foundation

/// The examples of a file or folder.
///
///     let dataset = try Dataset.read(path: "databricks-dolly-15k.jsonl")
public struct Dataset: Sendable, Equatable {
  /// The examples, in the order of the file; never empty when read from one.
  ///
  /// Those to train on, if there is a ``test`` part.
  public let examples: [Example]

  /// The examples that are never trained on; empty without a ``DatasetSplit``.
  public let test: [Example]

  /// How many examples the options left out.
  public let skippedCount: Int

  /// How many tasks of a split's lists have no file.
  public let missingTaskCount: Int

  /// Creates a data set from examples made elsewhere.
  public init(
    examples: [Example], test: [Example] = [], skippedCount: Int = 0, missingTaskCount: Int = 0
  ) {
    self.examples = examples
    self.test = test
    self.skippedCount = skippedCount
    self.missingTaskCount = missingTaskCount
  }

  /// The examples to evaluate on: the test part if there is one, else all.
  public var evaluation: [Example] { test.isEmpty ? examples : test }

  /// Reads examples in any of the supported formats.
  ///
  /// | path | format |
  /// |---|---|
  /// | a folder | its `.json` files as Natural-Instructions tasks |
  /// | a file of JSON objects, one a line | records with Dolly's keys, see ``InstructionRecords`` |
  /// | a JSON object with the key `Instances` | a Natural-Instructions task |
  /// | any other file | a table of sentences and labels, see ``LabelledSentences`` |
  ///
  /// The extensions `.jsonl` and `.tsv` decide before the content does.
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
      throw DatasetError(file: path, problem: .empty(skipped: dataset.skippedCount))
    }
    return dataset
  }

  private static func readAny(
    path: String, options: DatasetOptions
  ) throws(DatasetError) -> Dataset {
    if DataFile.isFolder(path: path) {
      try options.requireCategory(of: path)
      return try NaturalInstructions(options: options.tasks).read(folder: path)
    }
    let file = try DataFile(path: path)
    let format = Format(of: file)
    if format != .records { try options.requireCategory(of: path) }
    switch format {
    case .records:
      return Dataset(
        examples: try InstructionRecords.read(file, categoryKey: options.categoryKey))
    case .task: return try NaturalInstructions(options: options.tasks).read(file)
    case .table: return Dataset(examples: try LabelledSentences(options: options.table).read(file))
    }
  }

  private enum Format {
    case records, task, table

    init(of file: DataFile) {
      let first = file.lines.first { _ in true }?.bytes ?? []
      let startsAsJSON = first.first { $0 > 32 } == UInt8(ascii: "{")
      switch URL(fileURLWithPath: file.path).pathExtension.lowercased() {
      case "jsonl": self = .records
      case "tsv": self = .table
      case let type where startsAsJSON || type == "json":
        // A task may stand on one line, but then that line has instances.
        let object = try? JSONObject(parsing: first, file: file, line: 1)
        self = object.map { !$0.has("Instances") } == true ? .records : .task
      default: self = .table
      }
    }
  }
}

/// The choices that matter for some of the formats.
public struct DatasetOptions: Sendable, Equatable {
  /// Which Natural-Instructions instances to take.
  public var tasks = NaturalInstructions.Options()

  /// How a table of sentences and labels becomes prompts.
  public var table = LabelledSentences.Options()

  /// The key of a JSON record that holds its category; other formats have categories of their own.
  public var categoryKey = "category"

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
