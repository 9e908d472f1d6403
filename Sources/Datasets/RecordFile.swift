import Bytes
import Foundation

/// A file of records: JSON lines, an array, an array inside of an object, or a table with a header.
struct RecordFile {
  let file: DataFile
  let options: DatasetOptions

  /// Reads one record a line.
  func readLines() throws(DatasetError) -> Dataset {
    var reader = RecordReader(file, options: options)
    for (number, bytes) in file.lines {
      try reader.read(
        JSONObject(
          parsing: bytes, file: file, line: number, valueLimit: JSONObject.recordLimit))
    }
    return try dataset(reader)
  }

  /// Reads the elements of an array, one at a time.
  func readArray() throws(DatasetError) -> Dataset {
    var reader = RecordReader(file, options: options)
    var lines = LineCounter(file)
    do {
      var json = try JSONReader(file.bytes[...])
      json.allowsManyMarks = true
      try json.beginArray()
      var index = 0
      while try json.nextElement() {
        let line = lines.line(at: json.offset)
        let value = try json.value(valueLimit: JSONObject.recordLimit)
        try reader.read(JSONObject(value, file: file, line: line, place: "[\(index)]"))
        index += 1
      }
      try json.finish()
    } catch let error as JSONError {
      throw DatasetError(file: file.path, problem: .init(error))
    } catch let error as DatasetError { throw error } catch { fatalError("\(error)") }
    return try dataset(reader)
  }

  /// Reads the records of an object that is one, or has one list of them, such as `data`.
  func readDocument(_ document: JSONObject) throws(DatasetError) -> Dataset {
    var reader = RecordReader(file, options: options)
    let lists = document.members.filter { $1.array?.first?.object != nil }
    if lists.count == 1, let key = lists.keys.first, !document.isRecord(options) {
      for record in try document.objects(key.string) { try reader.read(record) }
    } else {
      try reader.read(document)
    }
    return try dataset(reader)
  }

  /// Reads the rows of a table, whose first is the header.
  func readTable(separator: UInt8) throws(DatasetError) -> Dataset {
    var reader = RecordReader(file, options: options)
    var rows = DelimitedRows(file, separator: separator)
    guard let header = try rows.next() else { return try dataset(reader) }
    let names = try names(of: header)
    while let row = try rows.next() {
      guard row.fields.count == names.count else {
        throw DatasetError(
          file: file.path, line: row.line,
          problem: .fieldCount(found: row.fields.count, header: names.count))
      }
      try reader.read(
        JSONObject(
          members: Dictionary(
            uniqueKeysWithValues: zip(names, row.fields.map { JSON.string($0) })),
          file: file, line: row.line))
    }
    return try dataset(reader)
  }

  /// Returns whether the first row of a table is a header that a schema fits.
  ///
  /// Two columns with tabs between them of which one is `label` are for ``LabelledSentences``,
  /// which knows no quotes; and text is not taken for running text beside a column that says what
  /// it is.
  func hasHeader(separator: UInt8) -> Bool {
    var rows = DelimitedRows(file, separator: separator)
    guard let header = try? rows.next(), let names = try? names(of: header) else { return false }
    let isTab = separator == UInt8(ascii: "\t")
    if options.columns.isEmpty, isTab, names.count == 2, names.contains("label") { return false }
    let members = names.map { ($0, JSON.string("x")) }
    let object = JSONObject(
      members: Dictionary(uniqueKeysWithValues: members), file: file, line: header.line)
    guard let schema = RecordSchema.recognise(object, named: options.columns) else {
      return !options.columns.isEmpty
    }
    return schema.form != .text || names.count == 1 || !options.columns.isEmpty
  }

  private func names(
    of header: (line: Int, fields: [String])
  ) throws(DatasetError) -> [UTF8Text] {
    let names = header.fields.map { UTF8Text($0.trimmingCharacters(in: .whitespaces)) }
    var seen: Set<UTF8Text> = []
    for name in names where !seen.insert(name).inserted {
      throw DatasetError(
        file: file.path, line: header.line, problem: .repeatedColumn(clipped(name.string)))
    }
    return names
  }

  private func dataset(_ reader: RecordReader) throws(DatasetError) -> Dataset {
    try reader.checkColumns()
    return Dataset(
      examples: reader.examples, skippedCount: reader.skippedCount,
      formats: reader.format.map { [$0] } ?? [])
  }
}

extension JSONObject {
  /// Whether a schema fits the object itself.
  fileprivate func isRecord(_ options: DatasetOptions) -> Bool {
    RecordSchema.recognise(self, named: options.columns) != nil
  }
}

/// The numbers of lines at places of a file, asked in ascending order.
private struct LineCounter {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ file: DataFile) { bytes = file.bytes }

  mutating func line(at place: Int) -> Int {
    line += bytes[position..<place].count { $0 == 10 }
    position = place
    return line
  }
}
