import Foundation

/// An object of a JSON file, read key by key with errors that say where and what.
struct JSONObject {
  /// Deeper than any data set; far below what would exhaust a parser's stack.
  static let depthLimit = 64

  private let file: String
  private let line: Int?
  /// The path of this object in its document, as in `Instances[3].`, empty at the top.
  private let path: String
  private let fields: [String: Any]

  /// Parses bytes that should be one JSON object.
  init(parsing bytes: some Collection<UInt8>, file: DataFile, line: Int?) throws(DatasetError) {
    self.file = file.path
    self.line = line
    path = ""
    // Foundation would accept other encodings, and replace what is not UTF-8.
    let text = try file.text(of: bytes, line: line)
    guard nestingDepth(of: text.utf8) <= Self.depthLimit else {
      throw DatasetError(
        file: file.path, line: line, problem: .nestedTooDeep(limit: Self.depthLimit))
    }
    let value: Any
    do {
      value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    } catch {
      let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey]
      throw DatasetError(
        file: file.path, line: line,
        problem: .brokenJSON(reason: reason as? String ?? "it ends early or has a stray character"))
    }
    guard let fields = value as? [String: Any] else {
      throw DatasetError(
        file: file.path, line: line,
        problem: .wrongType(
          key: "the document", found: jsonDescription(of: value), expected: "an object {…}"))
    }
    self.fields = fields
  }

  private init(fields: [String: Any], path: String, parent: JSONObject) {
    self.fields = fields
    self.path = path
    file = parent.file
    line = parent.line
  }

  /// Whether the object has this key.
  func has(_ key: String) -> Bool {
    fields[key] != nil
  }

  /// The string of a key.
  func string(_ key: String) throws(DatasetError) -> String {
    try cast(value(key), key: key, expected: "a string")
  }

  /// The string of a key; `fallback` where the key is missing or `null`.
  func string(_ key: String, default fallback: String) throws(DatasetError) -> String {
    guard let value = fields[key], !(value is NSNull) else { return fallback }
    return try cast(value, key: key, expected: "a string")
  }

  /// The first string of a key whose value is a list of strings.
  func firstString(_ key: String) throws(DatasetError) -> String {
    let list: [Any] = try cast(value(key), key: key, expected: "a list of strings")
    guard let first = list.first else { throw missing("\(key)[0]", found: []) }
    return try cast(first, key: "\(key)[0]", expected: "a string")
  }

  /// The strings of a key whose value is a list of them; none where the key is missing or `null`.
  func strings(_ key: String) throws(DatasetError) -> [String] {
    guard let value = fields[key], !(value is NSNull) else { return [] }
    return try cast(value, key: key, expected: "a list of strings")
  }

  /// The objects of a key whose value is a list of objects.
  func objects(_ key: String) throws(DatasetError) -> [JSONObject] {
    let list: [Any] = try cast(value(key), key: key, expected: "a list of objects")
    var objects: [JSONObject] = []
    for (index, value) in list.enumerated() {
      let place = "\(key)[\(index)]"
      let fields: [String: Any] = try cast(value, key: place, expected: "an object")
      objects.append(JSONObject(fields: fields, path: path + place + ".", parent: self))
    }
    return objects
  }

  private func value(_ key: String) throws(DatasetError) -> Any {
    guard let value = fields[key] else { throw missing(key, found: fields.keys.sorted()) }
    return value
  }

  private func cast<T>(_ value: Any, key: String, expected: String) throws(DatasetError) -> T {
    guard let result = value as? T else {
      throw DatasetError(
        file: file, line: line,
        problem: .wrongType(key: path + key, found: jsonDescription(of: value), expected: expected))
    }
    return result
  }

  private func missing(_ key: String, found: [String]) -> DatasetError {
    DatasetError(
      file: file, line: line,
      problem: .missingKey(key: path + key, found: found.prefix(8).map { clipped($0) }))
  }
}

/// How deep brackets and braces outside of strings nest; for text that is not JSON, some bound.
func nestingDepth(of text: some Sequence<UInt8>) -> Int {
  var depth = 0
  var deepest = 0
  var inString = false
  var escaped = false
  for byte in text {
    switch byte {
    case _ where escaped: escaped = false
    case UInt8(ascii: "\\") where inString: escaped = true
    case UInt8(ascii: "\""): inString.toggle()
    case _ where inString: break
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      depth += 1
      deepest = max(deepest, depth)
    case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
    default: break
    }
  }
  return deepest
}

/// A JSON value in a few words, for error messages.
private func jsonDescription(of value: Any) -> String {
  switch value {
  case let string as String: "the string \"\(clipped(string))\""
  case let list as [Any]: "a list of \(list.count)"
  case let object as [String: Any]: "an object of \(object.count) keys"
  case is NSNull: "null"
  default: clipped("\(value)")
  }
}

/// At most 40 characters of a text that may be hostile.
func clipped(_ text: String) -> String {
  text.count > 40 ? text.prefix(40) + "…" : text
}
