internal import Bytes
internal import Crypto

extension Coefficients: Codable {
  /// Writes ``values``, in binary64.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }

  /// Reads values that were saved.
  ///
  /// - Throws: `DecodingError` unless each value is finite, also in binary32.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let values = try container.decode([Double].self)
    self.init(candidateCount: values.count)
    do {
      for (candidate, value) in values.enumerated() { try add(value, to: candidate) }
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  /// The SHA-256 of ``rounded`` as a seed checkpoint stores it, in 64 lowercase hexadecimal digits.
  public var digest: String {
    hexadecimal(SHA256.hash(data: bytes))
  }

  /// ``rounded`` as a seed checkpoint stores it.
  var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 4 * count)
    for value in rounded { writer.append(value) }
    return writer.bytes
  }
}
