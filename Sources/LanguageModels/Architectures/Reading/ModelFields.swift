internal import Bytes

/// What a `config.json` or a GGUF file says of a model, and which of it was understood.
///
/// A value of a key that is absent or null is its default. What nobody asked for is an error at the end:
/// it could change what the model computes.
struct ModelFields {
  private let values: [UTF8Text: JSON]
  /// What stands before a key in errors.
  private let place: String
  private let aliases: [String: String]
  private var understood: Set<UTF8Text> = []

  /// Creates the fields of an object.
  ///
  /// - Parameters:
  ///   - place: What the object is, for errors, such as `config.json`.
  ///   - aliases: Other names of keys, which count where the keys are absent.
  init(_ object: [UTF8Text: JSON], place: String, aliases: [String: String] = [:]) {
    values = object
    self.aliases = aliases
    self.place = place
  }

  /// Returns a value and takes its key for understood; `nil` if it is absent or null.
  mutating func value(_ key: String) -> JSON? {
    understood.insert(UTF8Text(key))
    if let alias = aliases[key] { understood.insert(UTF8Text(alias)) }
    let value = values[UTF8Text(key)] ?? aliases[key].flatMap { values[UTF8Text($0)] }
    return value == .null ? nil : value
  }

  /// Whether the key is there, null included.
  func has(_ key: String) -> Bool { values[UTF8Text(key)] != nil }

  /// Takes keys for understood, whatever their values.
  mutating func ignore(_ keys: String...) { understood.formUnion(keys.map { UTF8Text($0) }) }

  /// Returns an integer.
  mutating func integer(_ key: String, default other: Int? = nil) throws(ModelError) -> Int {
    guard let value = value(key) else { return try defaulted(other, key, "an integer") }
    guard let integer = value.integer else { throw wrong(key, "an integer") }
    return integer
  }

  /// Returns a number, rounded to binary32.
  mutating func float(_ key: String, default other: Float? = nil) throws(ModelError) -> Float {
    guard let value = value(key) else { return try defaulted(other, key, "a number") }
    guard let number = value.double else { throw wrong(key, "a number") }
    return Float(number)
  }

  /// Returns a truth value.
  mutating func flag(_ key: String, default other: Bool) throws(ModelError) -> Bool {
    guard let value = value(key) else { return other }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  /// Returns a text, or `nil` if it is left out.
  mutating func text(_ key: String) throws(ModelError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw wrong(key, "a text") }
    return text
  }

  /// Returns an array, or `nil` if it is left out.
  mutating func array(_ key: String) throws(ModelError) -> [JSON]? {
    guard let value = value(key) else { return nil }
    guard let array = value.array else { throw wrong(key, "an array") }
    return array
  }

  /// Returns the fields of an object, or `nil` if it is left out.
  mutating func object(_ key: String) throws(ModelError) -> ModelFields? {
    guard let value = value(key) else { return nil }
    guard let object = value.object else { throw wrong(key, "an object") }
    return ModelFields(object, place: "\(place) '\(key)'")
  }

  /// Throws unless `key` is left out or has the one value that is implemented.
  mutating func require(_ key: String, _ expected: JSON) throws(ModelError) {
    guard let value = value(key), value != expected else { return }
    throw .unsupported(
      "\(place) '\(key)'", found: value.summary, supported: expected.summary)
  }

  /// Returns the error that a key has a value of another kind than `expected`.
  func wrong(_ key: String, _ expected: String) -> ModelError {
    .invalidField(
      "\(place) '\(key)'", found: values[UTF8Text(key)]?.summary ?? "absent", expected: expected)
  }

  /// Throws unless every key is understood, without a meaning for what is computed, or switched off.
  func finish(meaningless: (String) -> Bool = { _ in false }) throws(ModelError) {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let isOff = value == .null || value == .bool(false)
      if isOff || understood.contains(key) || meaningless(key.string) { continue }
      throw .unknownField(place: place, key: key.string, found: value.summary)
    }
  }

  private func defaulted<T>(
    _ other: T?, _ key: String, _ expected: String
  ) throws(ModelError) -> T {
    guard let other else { throw wrong(key, expected) }
    return other
  }
}
