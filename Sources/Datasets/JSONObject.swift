import Bytes

/// An object of a data file, read key by key with errors that say where and what.
///
/// A row of a table is one too, whose values are strings.
struct JSONObject {
  /// More values than any task has; with some 50 bytes each, less memory than the largest file.
  static let valueLimit = 1 << 24
  /// More values than any record has that stands alone.
  static let recordLimit = 1 << 20

  private let file: String
  private let line: Int?
  /// The path of this object in its document, as in `Instances[3].`, empty at the top.
  private let path: String
  let members: [UTF8Text: JSON]

  /// Parses bytes that should be one JSON object.
  init(
    parsing bytes: ArraySlice<UInt8>, file: DataFile, line: Int?, valueLimit: Int = valueLimit
  ) throws(DatasetError) {
    let value: JSON
    do throws(JSONError) {
      value = try JSON.parse(bytes, valueLimit: valueLimit, allowsManyMarks: true)
    } catch {
      throw DatasetError(file: file.path, line: line, problem: .init(error))
    }
    try self.init(value, file: file, line: line)
  }

  /// Takes a value that should be an object.
  ///
  /// - Parameter place: Where it stands, if not alone.
  init(
    _ value: JSON, file: DataFile, line: Int?, place: String = "the document"
  ) throws(DatasetError) {
    guard let members = value.object else {
      throw DatasetError(
        file: file.path, line: line,
        problem: .wrongType(key: place, found: description(of: value), expected: "an object {…}"))
    }
    self.init(members: members, file: file, line: line)
  }

  /// Creates the object of a row.
  init(members: [UTF8Text: JSON], file: DataFile, line: Int?) {
    self.members = members
    self.file = file.path
    self.line = line
    path = ""
  }

  private init(members: [UTF8Text: JSON], path: String, parent: JSONObject) {
    self.members = members
    self.path = path
    file = parent.file
    line = parent.line
  }

  /// Whether the object has this key.
  func has(_ key: String) -> Bool { members[UTF8Text(key)] != nil }

  /// Whether the object has this key with a value that is not `null`.
  func hasValue(_ key: String) -> Bool { present(key) != nil }

  /// The string of a key.
  func string(_ key: String) throws(DatasetError) -> String {
    try string(of: value(key), key: key)
  }

  /// The string of a key; `fallback` where the key is missing or `null`.
  func string(_ key: String, default fallback: String) throws(DatasetError) -> String {
    guard let value = present(key) else { return fallback }
    return try string(of: value, key: key)
  }

  /// The text of a key whose value is a string, a number, `true` or `false`.
  func scalar(_ key: String) throws(DatasetError) -> String {
    let value = try value(key)
    guard let text = value.scalarText else {
      throw wrongType(key, value, expected: "a string, a number, true or false")
    }
    return text
  }

  /// The first string of a key whose value is a list of strings.
  func firstString(_ key: String) throws(DatasetError) -> String {
    let value = try value(key)
    let list = try elements(of: value, key: key, expected: "a list of strings")
    guard let first = list.first else { throw missing("\(key)[0]", found: []) }
    return try string(of: first, key: "\(key)[0]")
  }

  /// The strings of a key whose value is a list of them; none where the key is missing or `null`.
  func strings(_ key: String) throws(DatasetError) -> [String] {
    guard let value = present(key) else { return [] }
    let list = try elements(of: value, key: key, expected: "a list of strings")
    let strings = list.compactMap(\.string)
    guard strings.count == list.count else {
      throw wrongType(key, value, expected: "a list of strings")
    }
    return strings
  }

  /// The objects of a key whose value is a list of objects.
  func objects(_ key: String) throws(DatasetError) -> [JSONObject] {
    let list = try elements(of: value(key), key: key, expected: "a list of objects")
    var objects: [JSONObject] = []
    for (index, value) in list.enumerated() {
      let place = "\(key)[\(index)]"
      guard let members = value.object else {
        throw wrongType(place, value, expected: "an object")
      }
      objects.append(JSONObject(members: members, path: path + place + ".", parent: self))
    }
    return objects
  }

  /// The object of a key.
  func object(_ key: String) throws(DatasetError) -> JSONObject {
    let value = try value(key)
    guard let members = value.object else { throw wrongType(key, value, expected: "an object") }
    return JSONObject(members: members, path: path + key + ".", parent: self)
  }

  /// The value of a key, which must be there.
  func value(_ key: String) throws(DatasetError) -> JSON {
    guard let value = members[UTF8Text(key)] else {
      throw missing(key, found: members.keys.sorted())
    }
    return value
  }

  /// The error that the object lacks a key.
  func missing(_ key: String) -> DatasetError { missing(key, found: members.keys.sorted()) }

  /// The error that the value of a key is none of those expected.
  func wrongType(_ key: String, _ value: JSON, expected: String) -> DatasetError {
    error(.wrongType(key: path + key, found: description(of: value), expected: expected))
  }

  /// The error `problem` at this object.
  func error(_ problem: DatasetError.Problem) -> DatasetError {
    DatasetError(file: file, line: line, problem: problem)
  }

  /// The value of a key, unless it is missing or `null`.
  private func present(_ key: String) -> JSON? {
    members[UTF8Text(key)].flatMap { $0 == .null ? nil : $0 }
  }

  private func string(of value: JSON, key: String) throws(DatasetError) -> String {
    guard let string = value.string else { throw wrongType(key, value, expected: "a string") }
    return string
  }

  private func elements(
    of value: JSON, key: String, expected: String
  ) throws(DatasetError) -> [JSON] {
    guard let elements = value.array else { throw wrongType(key, value, expected: expected) }
    return elements
  }

  private func missing(_ key: String, found: [UTF8Text]) -> DatasetError {
    error(.missingKey(key: path + key, found: found.prefix(8).map { clipped($0.string) }))
  }
}

extension JSON {
  /// The text of a string, a number or a truth value.
  var scalarText: String? {
    switch self {
    case .string(let text): text
    case .integer, .number, .bool: summary
    case .null, .array, .object: nil
    }
  }
}

extension JSON {
  /// Whether there is nothing to read.
  var isEmpty: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    case .bool, .integer, .number: false
    }
  }
}

extension DatasetError.Problem {
  init(_ error: JSONError) {
    self =
      switch error {
      case _ where error.expected == JSONReader.utf8: .notUTF8
      case _ where error.kind == .tooDeep: .nestedTooDeep(limit: JSONReader.depthLimit)
      default: .brokenJSON(reason: "\(error)")
      }
  }
}

/// A JSON value in a few words, for error messages.
private func description(of value: JSON) -> String {
  switch value {
  case .string(let string): "the string \(quoted(string, limit: clippedLength))"
  case .array(let elements): "a list of \(elements.count)"
  default: value.summary
  }
}

private let clippedLength = 40

/// At most 40 characters of a text that may be hostile, on one line.
func clipped(_ text: String) -> String { singleLine(text, limit: clippedLength) }
