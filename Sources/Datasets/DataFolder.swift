import Bytes
import Foundation

/// The data files of a folder, read in the order of their names.
struct DataFolder {
  private static let types: Set = ["json", "jsonl", "ndjson", "csv", "tsv"]
  /// Files that hold data, but cannot be read: to pass over them in silence would lose examples.
  private static let foreignTypes: Set = ["parquet", "arrow", "zip", "xlsx", "zst", "bz2", "xz"]

  let path: String
  let options: DatasetOptions

  /// Reads all of them; files of other kinds and folders inside are passed over.
  ///
  /// - Throws: ``DatasetError``, also if the files are of several schemas.
  func read() throws(DatasetError) -> Dataset {
    let names = try names()
    let readable = names.filter { Self.types.contains(type(of: $0)) }
    let foreign = names.filter { Self.foreignTypes.contains(type(of: $0)) }
    var all = Dataset(examples: [])
    if readable.isEmpty { try refuse(names, foreign) }
    for name in readable {
      let file = path + "/" + name
      // To wait for a writer that the user has not named would be to wait for ever.
      guard !isPipe(file) else {
        throw DatasetError(file: file, problem: .unreadable(reason: "it is a pipe"))
      }
      try all.append(Dataset.readFile(path: file, options: options))
    }
    all.unreadFiles = foreign
    all.fileCount = readable.count
    try all.checkFormats(path)
    return all
  }

  /// Throws, unless there is nothing in the folder: of a file that cannot be read, what to do with
  /// it.
  private func refuse(_ names: [String], _ foreign: [String]) throws(DatasetError) {
    if let first = foreign.first {
      _ = try Dataset.readFile(path: path + "/" + first, options: options)
    }
    guard names.isEmpty else {
      let found = names.prefix(8).map { clipped($0) }
      throw DatasetError(file: path, problem: .noDataFile(found: found))
    }
  }

  private func names() throws(DatasetError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw DatasetError(file: path, problem: .unreadable(reason: error.localizedDescription))
    }
  }

  /// The extension in small letters, of a packed file that of what is inside.
  private func type(of name: String) -> String {
    let parts = name.lowercased().split(separator: ".").dropFirst()
    return String((parts.last == "gz" ? parts.dropLast() : parts).last ?? "")
  }
}

extension Dataset {
  /// Adds the examples of one more file of a folder.
  fileprivate mutating func append(_ other: Dataset) {
    examples += other.examples
    skippedCount += other.skippedCount
    for format in other.formats {
      if let index = formats.firstIndex(where: { $0.identity == format.identity }) {
        formats[index].merge(format)
      } else {
        formats.append(format)
      }
    }
  }

  /// Checks that all files are of one schema: that one of them is another is more likely a mistake.
  fileprivate func checkFormats(_ folder: String) throws(DatasetError) {
    guard formats.count > 1 else { return }
    throw DatasetError(file: folder, problem: .mixedFormats(formats.map(\.text)))
  }
}
