import Bytes

/// Makes examples of the records of one file, all of one ``RecordSchema``.
struct RecordReader {
  private let file: DataFile
  private let options: DatasetOptions
  private var sentences: LabelledSentences.Form?
  private var schema: RecordSchema?
  /// The keys that were read, and where they stand in the line about them.
  private var usedKeys: [UTF8Text: Int] = [:]
  private var unreadKeys: Set<UTF8Text> = []

  /// The examples so far.
  private(set) var examples: [Example] = []
  /// How many records have no answer to learn.
  private(set) var skippedCount = 0

  /// More names than a line could show are not remembered.
  private static let unreadLimit = 1000
  /// Keys that number records: of no use to a model.
  private static let numbering: Set<UTF8Text> = ["id", "_id", "idx", "index", "uuid"]

  init(_ file: DataFile, options: DatasetOptions) {
    self.file = file
    self.options = options
  }

  /// Reads one more record.
  mutating func read(_ record: JSONObject) throws(DatasetError) {
    if schema == nil { schema = try recognised(record) }
    guard let schema else { return }
    if let example = try example(of: record, schema) {
      examples.append(example)
    } else {
      skippedCount += 1
    }
    noteUnread(record)
  }

  /// What was read, for a line about it; `nil` without a record.
  var format: DataFormat? {
    schema.map { schema in
      DataFormat(
        name: schema.name(usedKeys: Set(usedKeys.keys)), identity: schema.identity,
        keys: usedKeys.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key.string),
        unreadKeys: unreadKeys.filter { usedKeys[$0] == nil }.sorted().map(\.string))
    }
  }

  /// Checks that each key that the user has named was in a record.
  func checkColumns() throws(DatasetError) {
    guard schema != nil else { return }
    for (column, key) in options.columns.sorted(by: { $0.value < $1.value })
    where usedKeys[UTF8Text(key)] == nil {
      throw DatasetError(
        file: file.path,
        problem: .unusedColumn(column: column.rawValue, key: clipped(key)))
    }
  }

  private func recognised(_ record: JSONObject) throws(DatasetError) -> RecordSchema {
    guard let schema = RecordSchema.recognise(record, named: options.columns) else {
      let keys = record.members.keys.sorted()
      // Of the form that is nearest, what is missing says more than a list of all forms.
      if options.columns.isEmpty, record.has("instruction") { throw record.missing("response") }
      throw record.error(
        .noSchema(
          found: keys.prefix(12).map { clipped($0.string) },
          columns: options.columns.map { "\($0.rawValue)=\($1)" }.sorted()))
    }
    return schema
  }

  /// Remembers that a key was read, as a column or as the category, which comes last.
  mutating func use(_ key: String, as column: Column?) {
    guard usedKeys[UTF8Text(key)] == nil else { return }
    usedKeys[UTF8Text(key)] = column.flatMap { Column.allCases.firstIndex(of: $0) } ?? .max
  }

  private mutating func noteUnread(_ record: JSONObject) {
    guard unreadKeys.count < Self.unreadLimit else { return }
    for (key, value) in record.members
    where usedKeys[key] == nil && !Self.numbering.contains(key) && !value.isEmpty {
      unreadKeys.insert(key)
    }
  }
}

// MARK: - Examples

extension RecordReader {
  private mutating func example(
    of record: JSONObject, _ schema: RecordSchema
  ) throws(DatasetError) -> Example? {
    let category = try category(of: record)
    switch schema.form {
    case .conversation:
      return try conversation(record, schema, category)
    case .choice:
      var example = try exchange(record, schema, response: "", category)
      example.options = try choices(of: record, schema)
      example.response = try answer(of: record, schema, among: example.options)
      return example
    case .instruction:
      let response = try record.string(needed(.response, schema))
      var example = try exchange(record, schema, response: response, category)
      if let key = optional(.options, of: record, schema) {
        example.options = try record.strings(key)
      }
      return example
    case .labelled:
      if sentences == nil { sentences = try LabelledSentences(options: options.table).form(file) }
      guard let form = sentences else { return nil }
      let label = try record.scalar(needed(.label, schema))
      let sentence = try record.string(needed(.sentence, schema))
      guard var example = form.example(sentence, label: label) else {
        throw record.error(form.unknownLabel(label))
      }
      if options.categoryKey != "category" { example.category = category }
      return example
    case .text:
      return Example(text: try record.string(needed(.text, schema)), category: category)
    }
  }

  private mutating func exchange(
    _ record: JSONObject, _ schema: RecordSchema, response: String, _ category: String
  ) throws(DatasetError) -> Example {
    let instruction = try record.string(needed(.instruction, schema))
    let context = try optional(.context, of: record, schema)
      .map { key throws(DatasetError) in try record.string(key) }
    let rules = try systemTurns(of: record, schema)
    return Example(
      turns: rules + [
        Turn(.user, instruction, context: context ?? ""), Turn(.assistant, response),
      ], category: category)
  }

  private mutating func systemTurns(
    of record: JSONObject, _ schema: RecordSchema
  ) throws(DatasetError) -> [Turn] {
    guard let key = optional(.system, of: record, schema) else { return [] }
    let text = try record.string(key)
    return text.isEmpty ? [] : [Turn(.system, text)]
  }

  private mutating func conversation(
    _ record: JSONObject, _ schema: RecordSchema, _ category: String
  ) throws(DatasetError) -> Example? {
    let key = needed(.messages, schema)
    var turns: [Turn] = []
    for message in try record.objects(key) {
      let (turn, unread) = try Conversation.turn(message)
      turns.append(turn)
      for inner in unread where unreadKeys.count < Self.unreadLimit {
        unreadKeys.insert(UTF8Text("\(key)[].\(inner)"))
      }
    }
    if turns.first?.role != .system { turns = try systemTurns(of: record, schema) + turns }
    guard let last = turns.lastIndex(where: { $0.role == .assistant }) else { return nil }
    return Example(turns: Array(turns[...last]), category: category)
  }

  /// The key of a column that every record must have.
  mutating func needed(_ column: Column, _ schema: RecordSchema) -> String {
    let key = schema.needed[column] ?? column.rawValue
    use(key, as: column)
    return key
  }

  mutating func optional(
    _ column: Column, of record: JSONObject, _ schema: RecordSchema
  ) -> String? {
    guard let key = schema.key(of: column, in: record) else { return nil }
    use(key, as: column)
    return key
  }

  /// The category, by which clients are divided: any value that is one word of JSON.
  ///
  /// Another key than `category` must be in each record; `file` is the file's name where no record
  /// has such a key.
  private mutating func category(of record: JSONObject) throws(DatasetError) -> String {
    let key = options.categoryKey
    if key == "category", !record.hasValue(key) { return "none" }
    if key == "file", !record.has(key) { return file.stem }
    let category = try record.scalar(key)
    guard !UTF8Text(category).hasTooManyMarks else {
      throw record.wrongType(key, .string(category), expected: UTF8Text.fewMarks)
    }
    use(key, as: nil)
    return category
  }
}
