/// Reads JSON (RFC 8259) from bytes of a stranger, in linear time: as a tree, or value by value, so
/// that a vocabulary goes straight into its table.
///
/// Text must be UTF-8, without a byte-order mark; an escaped half of a surrogate pair is refused.
/// Nesting and the size of a tree have limits, and nothing is allocated that the text does not contain.
///
///     var reader = try JSONReader(bytes[...])
///     try reader.beginObject()
///     while let key = try reader.nextKey() { counts[key] = try reader.integer() }
///     try reader.finish()
package struct JSONReader: Sendable {
  /// The number of arrays and objects that may be inside one another.
  package static let depthLimit = 64

  /// The number of values that a tree may have, unless the caller says otherwise: with some 50 bytes
  /// for each, a tree takes no more memory than a small model.
  package static let valueLimit = 1 << 20

  /// What an error expects of bytes that are not UTF-8.
  package static let utf8 = "UTF-8 text"

  // Internal for the files beside this one.
  let bytes: ArraySlice<UInt8>
  var position: Int
  private var depth = 0
  /// Whether nothing of the innermost array or object has been read.
  private var isAtStart = false
  var valuesLeft = 0
  /// Whether strings may have any number of combining marks in a row, which takes care of whoever
  /// compares them: see ``UTF8Text/marksLimit``.
  package var allowsManyMarks = false
  /// Where the key that was read last begins.
  package private(set) var keyPosition = 0

  /// Starts at the first value of `bytes`.
  ///
  /// - Throws: ``JSONError`` if they are not UTF-8.
  package init(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
    self.bytes = bytes
    position = bytes.startIndex
    do { _ = try UTF8Span(validating: bytes.span) } catch {
      position += error.byteOffsets.lowerBound
      throw failure(expecting: Self.utf8)
    }
    skipSpace()
  }

  /// Where the next value begins, in bytes from the start.
  package var offset: Int { position - bytes.startIndex }

  /// Checks that nothing follows.
  package func finish() throws(JSONError) {
    guard position == bytes.endIndex else { throw failure(expecting: "the end of the text") }
  }

  /// The error that something else was expected here.
  package func failure(expecting expected: String, _ kind: JSONError.Kind = .malformed) -> JSONError
  {
    failure(at: position, found: nil, expecting: expected, kind)
  }

  /// The error that `found` stands at `place`, an index of the bytes, instead of what was expected.
  package func failure(
    at place: Int, found: String?, expecting expected: String, _ kind: JSONError.Kind = .malformed
  ) -> JSONError {
    let isAtEnd = place >= bytes.endIndex
    return JSONError(
      kind: isAtEnd ? .truncated : kind, offset: place - bytes.startIndex,
      found: isAtEnd ? nil : found ?? character(at: place), expected: expected)
  }

  private func character(at place: Int) -> String {
    let rest = String(decoding: bytes[place...].prefix(4), as: UTF8.self)
    return String(rest.unicodeScalars.prefix(1))
  }
}

// MARK: - Bytes

extension JSONReader {
  /// The byte that comes next.
  var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  /// Goes past `character` and the white space after it, if it comes next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    skipSpace()
    return true
  }

  mutating func skip(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    skipSpace()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
    guard skip(character) else { throw failure(expecting: "'\(character)'") }
  }
}

// MARK: - Arrays and objects

extension JSONReader {
  /// Whether an array comes next.
  package var isAtArray: Bool { next == UInt8(ascii: "[") }

  /// Goes into an object; ``nextKey()`` leads through it and out of it.
  package mutating func beginObject() throws(JSONError) { try begin("{") }

  /// Goes into an array; ``nextElement()`` leads through it and out of it.
  package mutating func beginArray() throws(JSONError) { try begin("[") }

  /// Returns the key whose value comes next and must be read, or `nil` at the end of the object.
  ///
  /// A key may come twice: who must not take one for the other checks it.
  package mutating func nextKey() throws(JSONError) -> UTF8Text? {
    guard try isInside(until: "}") else { return nil }
    guard next == UInt8(ascii: "\"") else { throw failure(expecting: "a key in quotes") }
    keyPosition = position
    let key = try string()
    try expect(":")
    return UTF8Text(key)
  }

  /// Returns whether an element comes next and must be read, or `false` at the end of the array.
  package mutating func nextElement() throws(JSONError) -> Bool { try isInside(until: "]") }

  private mutating func begin(_ opening: Unicode.Scalar) throws(JSONError) {
    guard depth < Self.depthLimit else {
      throw failure(expecting: "at most \(Self.depthLimit) nested arrays and objects", .tooDeep)
    }
    try expect(opening)
    depth += 1
    isAtStart = true
  }

  private mutating func isInside(until closing: Unicode.Scalar) throws(JSONError) -> Bool {
    let isEmpty = isAtStart && skip(closing)
    if !isEmpty && (isAtStart || skip(",")) {
      isAtStart = false
      return true
    }
    isAtStart = false
    if !isEmpty { guard skip(closing) else { throw failure(expecting: "',' or '\(closing)'") } }
    depth -= 1
    return false
  }
}
