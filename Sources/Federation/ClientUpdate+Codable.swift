internal import Foundation

/// In a log, an update is its message: what was sent, to the byte.
extension ClientUpdate: Codable {
  /// Writes the message; JSON encoders turn it into Base64.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Data(encoded()))
  }

  /// Reads a message from a file, which is trusted as little as a peer.
  ///
  /// - Throws: `DecodingError` that tells which byte is wrong.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let message = try container.decode(Data.self)
    do throws(MessageError) {
      try self.init(decoding: Array(message))
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }
}
