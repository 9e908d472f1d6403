internal import Bytes

/// A position in a JSON file, whose errors name the file.
struct JSONScanner {
  private let file: String
  private var reader: JSONReader

  /// Starts at the first byte of a file, whose name is for error messages.
  init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
    self.file = file
    do { reader = try JSONReader(bytes[...]) } catch { throw TokenizerError(error, file: file) }
  }

  /// Whether an array comes next.
  var isAtArray: Bool { reader.isAtArray }

  /// Reads an object; `body` must read the value of each key it is handed.
  mutating func object(
    _ body: (inout JSONScanner, UTF8Text) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    try read { reader throws(JSONError) in try reader.beginObject() }
    while let key = try read({ reader throws(JSONError) in try reader.nextKey() }) {
      try body(&self, key)
    }
  }

  /// Reads an array; `body` must read each element, and is handed its index.
  mutating func array(
    _ body: (inout JSONScanner, Int) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    try read { reader throws(JSONError) in try reader.beginArray() }
    var index = 0
    while try read({ reader throws(JSONError) in try reader.nextElement() }) {
      try body(&self, index)
      index += 1
    }
  }

  /// Reads a string.
  mutating func string() throws(TokenizerError) -> String {
    try read { reader throws(JSONError) in try reader.string() }
  }

  /// Reads a number without fraction and exponent that fits into `Int`.
  mutating func integer() throws(TokenizerError) -> Int {
    try read { reader throws(JSONError) in try reader.integer() }
  }

  /// Reads any value.
  mutating func value() throws(TokenizerError) -> JSON {
    try read { reader throws(JSONError) in try reader.value() }
  }

  /// Goes past any value.
  mutating func skipValue() throws(TokenizerError) {
    try read { reader throws(JSONError) in try reader.skipValue() }
  }

  /// Checks that nothing follows.
  func finish() throws(TokenizerError) {
    do { try reader.finish() } catch { throw TokenizerError(error, file: file) }
  }

  private mutating func read<Value>(
    _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(TokenizerError) -> Value {
    do { return try body(&reader) } catch { throw TokenizerError(error, file: file) }
  }
}

extension TokenizerError {
  fileprivate init(_ error: JSONError, file: String) {
    self = .malformedJSON(
      file: file, byteOffset: error.offset, expected: error.expected,
      found: error.found.map(excerpt) ?? "the end of the text")
  }
}
