internal import Bytes
internal import Foundation

/// The members of a request or reply, each taken once, so that none stays unread.
struct RequestFields {
  private var members: [UTF8Text: JSON]

  /// Reads a line of a stranger.
  ///
  /// - Parameter valueLimit: The number of values that it may have, inner ones included.
  /// - Throws: ``ServiceError`` unless it is one JSON object of this version of the protocol.
  init(line: [UInt8], valueLimit: Int) throws(ServiceError) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(line[...], valueLimit: valueLimit)
    } catch {
      throw ServiceError(.malformed, "the line is no JSON object: \(error)")
    }
    try self.init(json)
    try checkVersion()
  }

  /// Takes the members of an object.
  init(_ json: JSON) throws(ServiceError) {
    guard let members = json.object else {
      throw ServiceError(.malformed, "found \(json.summary), expected an object")
    }
    self.members = members
  }

  private mutating func checkVersion() throws(ServiceError) {
    let found = try integer("protocol")
    guard found == ServiceProtocol.version else {
      throw ServiceError(
        .version,
        "protocol: found \(found), expected \(ServiceProtocol.version); update the older side")
    }
  }

  /// Takes any value.
  mutating func value(_ key: String) throws(ServiceError) -> JSON {
    guard let value = optionalValue(key) else {
      throw ServiceError(.malformed, "there is no '\(key)'")
    }
    return value
  }

  /// Takes a value that may be left out or `null`.
  mutating func optionalValue(_ key: String) -> JSON? {
    let value = members.removeValue(forKey: UTF8Text(key))
    return value == .null ? nil : value
  }

  /// Takes a text.
  mutating func text(_ key: String) throws(ServiceError) -> String {
    let value = try value(key)
    guard let text = value.string else { throw Self.mismatch(key, value, "a string") }
    return text
  }

  /// Takes an integer that is not negative and fits 32 bits.
  mutating func integer(_ key: String) throws(ServiceError) -> Int {
    let value = try value(key)
    guard let number = value.integer, (0...Int(UInt32.max)).contains(number) else {
      throw Self.mismatch(key, value, "an integer from 0 to \(UInt32.max)")
    }
    return number
  }

  /// Takes a loss, in nats: no more than can be added up for as many examples as there may be.
  mutating func loss(_ key: String) throws(ServiceError) -> Double {
    let value = try value(key)
    guard let loss = value.double, (0...1e9).contains(loss) else {
      throw Self.mismatch(key, value, "a number from 0 to 1e9")
    }
    return loss
  }

  /// Takes bytes in Base64.
  mutating func bytes(_ key: String) throws(ServiceError) -> [UInt8] {
    let text = try text(key)
    guard let data = Data(base64Encoded: text) else {
      throw ServiceError(.malformed, "\(key): found \(quoted(text)), expected Base64")
    }
    return [UInt8](data)
  }

  /// Takes a name: 1 to 64 letters, digits, `-` and `_`, so that it can be part of a file's name.
  mutating func name(_ key: String) throws(ServiceError) -> String {
    try Self.checkedName(text(key), key: key)
  }

  /// Takes a name that may be left out.
  mutating func optionalName(_ key: String) throws(ServiceError) -> String? {
    guard let value = members[UTF8Text(key)], value != .null else { return nil }
    return try name(key)
  }

  /// Checks that nothing is left.
  func finish() throws(ServiceError) {
    guard let key = members.keys.min()?.string else { return }
    throw ServiceError(.malformed, "'\(singleLine(key, limit: 80))' is not known here")
  }

  /// Returns a text that is a name, and throws if it is none.
  static func checkedName(_ text: String, key: String) throws(ServiceError) -> String {
    guard ServiceProtocol.isName(text) else {
      throw mismatch(
        key, .string(text), "1 to \(ServiceProtocol.nameLimit) letters, digits, '-' and '_'")
    }
    return text
  }

  static func mismatch(_ key: String, _ value: JSON, _ expected: String) -> ServiceError {
    ServiceError(.malformed, "\(key): found \(value.summary), expected \(expected)")
  }
}
