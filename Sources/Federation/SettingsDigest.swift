internal import Bytes
internal import Crypto

/// The SHA-256 of all settings that server and clients must agree on.
///
/// It stands in every message, so that a client of another basis, base model or learning rate is
/// refused rather than averaged in.
public struct SettingsDigest: Hashable, Sendable, CustomStringConvertible {
  static let byteCount = 32

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Digests named values, in the order of their names.
  ///
  /// Each name and each value is hashed as its length in UTF-8 bytes (8 bytes, little-endian) and
  /// then those bytes.
  public init(of settings: [String: String]) {
    var hasher = SHA256()
    for (name, value) in settings.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    {
      for text in [name, value] {
        var writer = ByteWriter(capacity: 8 + text.utf8.count)
        writer.append(text.utf8.count, width: 8)
        writer.append(text.utf8)
        hasher.update(data: writer.bytes)
      }
    }
    bytes = Array(hasher.finalize())
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The first 8 bytes in hexadecimal, enough to tell two digests apart in an error.
  public var description: String {
    hexadecimal(bytes.prefix(8))
  }
}
