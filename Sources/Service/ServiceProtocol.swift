internal import Bytes

/// What both sides of a line know: `Documentation/ClientProtocol.md`.
package enum ServiceProtocol {
  /// The version of the protocol.
  package static let version = 1

  /// The most bytes of a name.
  static let nameLimit = 64

  /// The most values of a request; it has no lists, so that this is some more than its members.
  static let requestValueLimit = 16

  /// The most values of a reply, among which are the settings of a client.
  static let replyValueLimit = 512

  /// The most bytes of a line but for what messages take in it.
  static let lineOverhead = 1 << 16

  /// Returns the most bytes of a line that may have one message of `messageByteCount` bytes.
  static func lineLimit(messageByteCount: Int) -> Int {
    lineOverhead + (messageByteCount + 2) / 3 * 4
  }

  /// Whether a text can be the name of a run or message: 1 to 64 letters, digits, `-` and `_`.
  package static func isName(_ text: String) -> Bool {
    (1...nameLimit).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_".utf8.contains(byte)
      }
  }

  /// Returns an object with these members and the version.
  static func object(_ members: [String: JSON?]) -> JSON {
    JSON(members: members.compactMapValues(\.self).merging(["protocol": .integer(version)]) { $1 })
  }
}
