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
    let bytes = rounded.flatMap { SeedCheckpoint.littleEndian($0.bitPattern) }
    return SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
