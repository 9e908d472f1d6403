internal import Bytes
internal import Crypto

/// What a message is.
public enum MessageKind: UInt8, Sendable, CustomStringConvertible {
  /// From the server to a client: ``RoundPlan``.
  case roundPlan = 1
  /// From a client to the server: ``ClientUpdate``.
  case clientUpdate = 2

  /// The words for it in errors.
  public var description: String {
    switch self {
    case .roundPlan: "round plan"
    case .clientUpdate: "client update"
    }
  }
}

/// What of a message's body is not always there, or not always alike.
struct MessageFlags: OptionSet, Sendable {
  let rawValue: Int

  /// In a round plan: probabilities follow the coefficients.
  static let probabilities = MessageFlags(rawValue: 1)
  /// Coefficients, or increments of all K of them, are ``ScaledIntegers``.
  static let scaledIntegers = MessageFlags(rawValue: 2)
  /// In an update: binary32 increments of all K coefficients, in place of pairs.
  static let allCoefficients = MessageFlags(rawValue: 4)
  /// The coefficients or increments are those of windows.
  static let windows = MessageFlags(rawValue: 8)
  /// In an update: how the client fared is not told, and its mean loss is 0.
  static let withheld = MessageFlags(rawValue: 16)

  /// The flags that a message of a kind may have.
  static func known(in kind: MessageKind) -> MessageFlags {
    switch kind {
    case .roundPlan: [.probabilities, .scaledIntegers, .windows]
    case .clientUpdate: [.scaledIntegers, .allCoefficients, .windows, .withheld]
    }
  }
}

/// What every message begins and ends with: `Documentation/WireFormat.md`, "Frame".
struct MessageFrame {
  static let magic: [UInt8] = Array("FKSM".utf8)
  static let version = 1
  /// From the magic to K.
  static let headerByteCount = 52
  static let checksumByteCount = 8
  /// Where the flags are, behind magic, version and kind.
  static let flagsOffset = 6

  var settings: SettingsDigest
  var round: Int
  var client: Int
  var candidateCount: Int
  var flags: MessageFlags = []

  /// Returns the size of a message around a body.
  static func byteCount(body: Int) -> Int { headerByteCount + body + checksumByteCount }

  /// Returns a writer that has written the header of a message of `byteCount` bytes.
  func writer(_ kind: MessageKind, byteCount: Int) -> ByteWriter {
    var writer = ByteWriter(capacity: byteCount)
    writer.append(Self.magic)
    writer.append(Self.version, width: 1)
    writer.append(Int(kind.rawValue), width: 1)
    writer.append(flags.rawValue, width: 2)
    writer.append(settings.bytes)
    writer.append(round, width: 4)
    writer.append(client, width: 4)
    writer.append(candidateCount, width: 4)
    return writer
  }

  /// Returns the header of `bytes`, and a reader of the body behind it.
  static func open(
    _ bytes: [UInt8], as kind: MessageKind
  ) throws(MessageError) -> (frame: MessageFrame, body: MessageReader) {
    var reader = MessageReader(bytes.dropLast(checksumByteCount), of: kind)
    let flags = try flags(afterChecking: &reader)
    // The checksum comes before the content: damage is reported as damage, not as nonsense.
    guard bytes.suffix(checksumByteCount).elementsEqual(checksum(of: bytes)) else {
      throw MessageError(
        message: kind, offset: bytes.count - checksumByteCount, field: "checksum",
        found: "a different one", expected: "that of the content; send the message again")
    }
    var frame = try MessageFrame(&reader)
    frame.flags = flags
    return (frame, reader)
  }

  /// Returns the checksum of a message whose last 8 bytes are its place.
  static func checksum(of bytes: [UInt8]) -> [UInt8] {
    let digest = SHA256.hash(data: bytes.dropLast(checksumByteCount))
    return Array(digest.prefix(checksumByteCount))
  }

  private init(_ reader: inout MessageReader) throws(MessageError) {
    settings = SettingsDigest(
      bytes: Array(try reader.read(SettingsDigest.byteCount, "settings digest")))
    round = try reader.readInteger(width: 4, "round")
    client = try reader.readInteger(width: 4, "client")
    candidateCount = try reader.readCount("candidate count")
  }

  init(
    settings: SettingsDigest, round: Int, client: Int, candidateCount: Int,
    flags: MessageFlags = []
  ) {
    self.flags = flags
    self.settings = settings
    self.round = round
    self.client = client
    self.candidateCount = candidateCount
  }

  /// Returns the flags, after checking magic, version and kind, and that no flag is unknown.
  private static func flags(
    afterChecking reader: inout MessageReader
  ) throws(MessageError) -> MessageFlags {
    let found = try reader.read(magic.count, "magic")
    guard found.elementsEqual(magic) else {
      throw reader.error("magic", back: 4, found: "\(Array(found))", expected: "\(magic)")
    }
    let expectations = [
      ("version", 1, version, "; update the older side"),
      ("kind", 1, Int(reader.kind.rawValue), " (a \(reader.kind))"),
    ]
    for (field, width, expected, advice) in expectations {
      let found = try reader.readInteger(width: width, field)
      guard found == expected else {
        throw reader.error(
          field, back: width, found: "\(found)", expected: "\(expected)\(advice)")
      }
    }
    let known = MessageFlags.known(in: reader.kind)
    let flags = MessageFlags(rawValue: try reader.readInteger(width: 2, "flags"))
    guard flags.isSubset(of: known) else {
      throw reader.error(
        "flags", back: 2, found: "\(flags.rawValue)",
        expected: "none but those of \(known.rawValue); update this side")
    }
    return flags
  }
}

extension ByteWriter {
  /// Returns the message written so far with its checksum behind it.
  consuming func sealed() -> [UInt8] {
    append([UInt8](repeating: 0, count: MessageFrame.checksumByteCount))
    let checksum = MessageFrame.checksum(of: bytes)
    return bytes.dropLast(MessageFrame.checksumByteCount) + checksum
  }
}
