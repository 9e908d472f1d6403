// Whole values: numbers, words, and trees of any.

extension JSONReader {
  /// Reads a number without fraction and exponent that fits into `Int`.
  package mutating func integer() throws(JSONError) -> Int {
    let start = position
    guard case .integer(let value) = try number() else {
      throw failure(at: start, found: nil, expecting: "an integer")
    }
    return value
  }

  /// Reads any value as a tree.
  ///
  /// - Parameter valueLimit: The number of values that it may have, inner ones included.
  /// - Throws: ``JSONError``; also if an object has a key twice.
  package mutating func value(valueLimit: Int = Self.valueLimit) throws(JSONError) -> JSON {
    valuesLeft = valueLimit
    return try anyValue()
  }

  private mutating func countValue() throws(JSONError) {
    guard valuesLeft > 0 else {
      throw failure(expecting: "no more values, of which there are too many", .tooManyValues)
    }
    valuesLeft -= 1
  }

  private mutating func anyValue() throws(JSONError) -> JSON {
    try countValue()
    switch next {
    case UInt8(ascii: "{"): return .object(try members())
    case UInt8(ascii: "["): return .array(try elements())
    case UInt8(ascii: "\""): return .string(try string())
    default: return try scalar()
    }
  }

  private mutating func members() throws(JSONError) -> [UTF8Text: JSON] {
    var members: [UTF8Text: JSON] = [:]
    try beginObject()
    while let key = try nextKey() {
      let place = keyPosition
      guard members.updateValue(try anyValue(), forKey: key) == nil else {
        throw failure(
          at: place, found: "\(key)", expecting: "distinct keys, not this a second time")
      }
    }
    return members
  }

  private mutating func elements() throws(JSONError) -> [JSON] {
    var elements: [JSON] = []
    try beginArray()
    while try nextElement() { elements.append(try anyValue()) }
    return elements
  }

  private mutating func scalar() throws(JSONError) -> JSON {
    if skip(word: "null") { return .null }
    if skip(word: "true") { return .bool(true) }
    if skip(word: "false") { return .bool(false) }
    guard let next, next == UInt8(ascii: "-") || isDigit(next) else {
      throw failure(expecting: "a JSON value")
    }
    return try number()
  }

  /// Goes past any value.
  ///
  /// - Parameters:
  ///   - keyLimit: The greatest length of a key, in bytes.
  ///   - valueLimit: The number of values that it may have, inner ones included.
  package mutating func skipValue(
    keyLimit: Int = .max, valueLimit: Int = .max
  ) throws(JSONError) {
    valuesLeft = valueLimit
    try skipAnyValue(keyLimit)
  }

  private mutating func skipAnyValue(_ keyLimit: Int) throws(JSONError) {
    try countValue()
    switch next {
    case UInt8(ascii: "{"):
      try beginObject()
      while let key = try nextKey() {
        guard key.string.utf8.count <= keyLimit else {
          throw failure(
            at: keyPosition, found: key.string, expecting: "keys of at most \(keyLimit) bytes",
            .keyTooLong)
        }
        try skipAnyValue(keyLimit)
      }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skipAnyValue(keyLimit) }
    case UInt8(ascii: "\""): try skipString()
    default: _ = try scalar()
    }
  }
}

// MARK: - Numbers

extension JSONReader {
  /// Reads a number: an integer if it has neither fraction nor exponent and fits, else the binary64
  /// number that is nearest (ties to even).
  private mutating func number() throws(JSONError) -> JSON {
    let start = position
    let isInteger = try skipNumber()
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    skipSpace()
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw failure(at: start, found: text, expecting: "a number in the range of binary64")
    }
    return .number(number)
  }

  /// Returns whether the number has neither fraction nor exponent.
  private mutating func skipNumber() throws(JSONError) -> Bool {
    var isInteger = true
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
    if next == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try skipDigits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try skipDigits()
    }
    return isInteger
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = position
    while let byte = next, isDigit(byte) { position += 1 }
    if position == start { throw failure(expecting: "a digit") }
  }

  private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
