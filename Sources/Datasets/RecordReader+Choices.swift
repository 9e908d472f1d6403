import Bytes

// Multiple choice: the options of a record, and which of them is right.

extension RecordReader {
  /// Returns the options of a record: a list, an object of them by letter, one with the lists
  /// `text` and `label`, or the keys A, B, ….
  mutating func choices(
    of record: JSONObject, _ schema: RecordSchema
  ) throws(DatasetError) -> [String] {
    guard let key = optional(.options, of: record, schema) else {
      let letters = schema.optionLetters(in: record)
      guard !letters.isEmpty else { throw record.missing("options") }
      for letter in letters { use(letter, as: .options) }
      return try letters.map { letter throws(DatasetError) in try record.scalar(letter) }
    }
    let value = try record.value(key)
    guard value.object != nil else { return try texts(value, of: record, key) }
    let object = try record.object(key)
    guard object.has("text") else {
      return try object.members.keys.sorted().map { letter throws(DatasetError) in
        try object.scalar(letter.string)
      }
    }
    return try texts(object.value("text"), of: object, "text")
  }

  private func texts(
    _ value: JSON, of record: JSONObject, _ key: String
  ) throws(DatasetError) -> [String] {
    let texts = value.array?.compactMap(\.scalarText) ?? []
    guard !texts.isEmpty, texts.count == value.array?.count else {
      throw record.wrongType(key, value, expected: "a list of strings")
    }
    return texts
  }

  /// The names by which an answer may call the options: letters, unless the record has others.
  private func optionNames(
    of record: JSONObject, _ schema: RecordSchema, count: Int
  ) throws(DatasetError) -> [String] {
    if let key = schema.key(of: .options, in: record), try record.value(key).object != nil {
      let object = try record.object(key)
      guard object.has("text") else { return object.members.keys.sorted().map(\.string) }
      if object.has("label") { return try texts(object.value("label"), of: object, "label") }
    }
    return (0..<min(26, count)).map { String(UnicodeScalar(UInt8(ascii: "A") + UInt8($0))) }
  }

  /// Returns the right one of `options`: by its text, by its name or by its number from 0 on.
  mutating func answer(
    of record: JSONObject, _ schema: RecordSchema, among options: [String]
  ) throws(DatasetError) -> String {
    let key = needed(.answer, schema)
    let value = try record.value(key)
    let text = try record.scalar(key)
    // Texts of a stranger are compared byte by byte, in linear time.
    func place(in texts: [String]) -> Int? {
      texts.firstIndex { UTF8Text($0) == UTF8Text(text) }.flatMap {
        options.indices.contains($0) ? $0 : nil
      }
    }
    if case .string = value, place(in: options) != nil { return text }
    let names = try optionNames(of: record, schema, count: options.count)
    if let index = place(in: names) { return options[index] }
    if let index = Int(text), options.indices.contains(index) { return options[index] }
    throw record.error(
      .unknownAnswer(key: clipped(key), found: clipped(text), options: options.map { clipped($0) }))
  }
}
