internal import Crypto
internal import Bytes
internal import Foundation

/// 32 secret bytes from which noise comes that nobody else can make.
///
/// Noise is a function of the secret and of what it is added to. So the same message has the same
/// noise when it is made again, also after a crash, and can be answered with nothing else; and two
/// different messages never have the same, of which the difference would tell all.
public struct PrivacySecret: Equatable, Sendable {
  /// The bytes.
  public let bytes: [UInt8]

  /// The number of bytes.
  public static let byteCount = 32

  /// Takes a secret that was kept; `nil` unless it has ``byteCount`` bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Draws a new one from the system's secure random numbers.
  public static func random() -> PrivacySecret {
    let words = (0..<byteCount / 8).map { _ in UInt64.random(in: .min ... .max) }
    return PrivacySecret(words: words)
  }

  /// The secret of a simulation, which is none: whoever knows the seed knows the noise.
  ///
  /// - Parameter member: A client's number, or −1 for the server.
  init(simulatedBy seed: UInt64, member: Int) {
    let text = "fedkseed simulation \(seed) \(member)"
    bytes = Array(SHA256.hash(data: Data(text.utf8)))
  }

  private init(words: [UInt64]) {
    bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// Returns the random numbers of a purpose.
  ///
  /// - Parameter content: What they are used on: other content has other numbers.
  func stream(_ purpose: String, of content: [UInt8]) -> SecretStream {
    let context = Data(SHA256.hash(data: Data(content))) + Data(purpose.utf8)
    let key = HMAC<SHA256>.authenticationCode(
      for: context, using: SymmetricKey(data: bytes))
    return SecretStream(key: SymmetricKey(data: key))
  }
}

/// In a state or log it is hexadecimal.
extension PrivacySecret: Codable {
  /// Writes the bytes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal(bytes))
  }

  /// Reads the bytes.
  ///
  /// - Throws: `DecodingError` unless there are 32 of them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let secret = hexadecimalBytes(try container.decode(String.self)).flatMap {
      PrivacySecret(bytes: $0)
    }
    guard let secret else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a secret must be \(Self.byteCount) bytes in hexadecimal")
    }
    self = secret
  }
}

/// Random numbers that only who has the key can tell from any others: HMAC-SHA256 of a counter.
struct SecretStream: RandomNumberGenerator {
  private let key: SymmetricKey
  private var block: UInt64 = 0
  private var words: [UInt64] = []

  init(key: SymmetricKey) { self.key = key }

  mutating func next() -> UInt64 {
    if let word = words.popLast() { return word }
    var writer = ByteWriter(capacity: 8)
    writer.append(Int(block), width: 8)
    block += 1
    let bytes = Array(HMAC<SHA256>.authenticationCode(for: writer.bytes, using: key))
    words = stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    return next()
  }

  /// Returns a uniform multiple of 2⁻⁵³ in `[0, 1)`.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
