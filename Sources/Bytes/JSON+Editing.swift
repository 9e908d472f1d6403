extension JSON {
  /// Returns the JSON object in `bytes` with other values of some keys; order, spelling and everything
  /// else stay as they are.
  ///
  /// - Parameter values: JSON texts; a key that is not there is added at the end.
  /// - Throws: ``JSONError`` if `bytes` are no JSON object.
  package static func replacing(
    _ values: [(key: String, text: String)], in bytes: [UInt8]
  ) throws(JSONError) -> [UInt8] {
    let places = try MemberPlaces(bytes)
    var edits = values.compactMap { value in
      places.values[UTF8Text(value.key)].map { (range: $0, text: value.text) }
    }
    let missing = values.filter { places.values[UTF8Text($0.key)] == nil }
    let added = missing.map { "\n  \(CanonicalJSON.string($0.key)): \($0.text)" }
    let comma = places.values.isEmpty || added.isEmpty ? "" : ","
    edits.append((places.end..<places.end, comma + added.joined(separator: ",")))
    var result = bytes
    for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      result.replaceSubrange(edit.range, with: edit.text.utf8)
    }
    return result
  }
}

/// Where the values of an object are in its text.
private struct MemberPlaces {
  private(set) var values: [UTF8Text: Range<Int>] = [:]
  /// Where a further member goes.
  private(set) var end: Int

  init(_ bytes: [UInt8]) throws(JSONError) {
    var reader = try JSONReader(bytes[...])
    try reader.beginObject()
    end = (bytes.firstIndex(of: UInt8(ascii: "{")) ?? 0) + 1
    while let key = try reader.nextKey() {
      let start = reader.position
      try reader.skipValue()
      end = reader.position
      while end > start, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[end - 1]) { end -= 1 }
      guard values.updateValue(start..<end, forKey: key) == nil else {
        throw reader.failure(expecting: "distinct keys, not \(quoted(key.string)) a second time")
      }
    }
    try reader.finish()
  }
}
