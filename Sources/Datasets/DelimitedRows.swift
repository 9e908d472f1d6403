/// The rows of a table whose fields have a separator between them, one at a time.
///
/// A field in quotes may hold separators, line breaks and doubled quotes. Lines end with `\n` or
/// `\r\n`; empty ones are passed over.
///
/// Source: RFC 4180; that every row is as long as the header is for the caller to check.
struct DelimitedRows {
  /// No table of examples has so many columns; a text of separators is none.
  private static let fieldLimit = 1 << 12

  private let file: DataFile
  private let separator: UInt8
  private var position: Int
  private var line = 1

  /// Starts at the first row of a file.
  init(_ file: DataFile, separator: UInt8) {
    self.file = file
    self.separator = separator
    position = file.bytes.startIndex
  }

  /// Returns the fields of the next row and the number of its first line, or `nil` at the end.
  mutating func next() throws(DatasetError) -> (line: Int, fields: [String])? {
    while isAtLineEnd { skipLineEnd() }
    guard position < file.bytes.endIndex else { return nil }
    let start = line
    var fields: [String] = []
    while true {
      fields.append(
        byte == quote ? try quotedField(from: start) : try plainField(line: start))
      guard byte == separator else { break }
      guard fields.count < Self.fieldLimit else {
        throw DatasetError(
          file: file.path, line: start, problem: .tooManyFields(limit: Self.fieldLimit))
      }
      position += 1
    }
    guard position == file.bytes.endIndex || isAtLineEnd else { throw badQuotes(start) }
    skipLineEnd()
    return (start, fields)
  }

  private let quote = UInt8(ascii: "\"")

  private var byte: UInt8? { position < file.bytes.endIndex ? file.bytes[position] : nil }

  private var isAtLineEnd: Bool {
    byte == 10
      || byte == 13 && position + 1 < file.bytes.endIndex && file.bytes[position + 1] == 10
  }

  private mutating func skipLineEnd() {
    if byte == 13 { position += 1 }
    if byte == 10 {
      position += 1
      line += 1
    }
  }

  private mutating func plainField(line: Int) throws(DatasetError) -> String {
    let start = position
    while let byte, byte != separator, !isAtLineEnd { position += 1 }
    return try file.text(of: file.bytes[start..<position], line: line)
  }

  private mutating func quotedField(from start: Int) throws(DatasetError) -> String {
    var text: [UInt8] = []
    position += 1
    while let byte {
      position += 1
      if byte == 10 { line += 1 }
      if byte == quote {
        guard self.byte == quote else { return try file.text(of: text, line: start) }
        position += 1
      }
      text.append(byte)
    }
    throw badQuotes(start)
  }

  private func badQuotes(_ line: Int) -> DatasetError {
    DatasetError(file: file.path, line: line, problem: .badQuotes)
  }
}
