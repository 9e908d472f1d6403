import Crypto
import Foundation

/// The layout of a seed checkpoint's file, see Documentation/SeedCheckpoint.md.
enum SeedCheckpointFormat {
  static let magic = Array("KSEED\0\0\0".utf8)
  static let version = 1
  /// Magic, version and length of the header.
  static let prefixLength = 16
  static let headerLimit = 1 << 20
  static let checksumLength = 32
  static let fileLimit =
    prefixLength + headerLimit + 4 * SeedBasis.candidateLimit + checksumLength

  /// The header, a JSON object.
  struct Header: Codable {
    let base: String
    let basis: String
    let basisSeed: String
    let basisVersion: Int
    let candidates: Int
    let epsilon: Double
    let learningRate: Double
    let parameterMap: String
    let rounds: Int
    let settings: [String: String]
    let steps: Int
    let tool: String

    enum CodingKeys: String, CodingKey {
      case base, basis, candidates, epsilon, rounds, settings, steps, tool
      case basisSeed = "basis_seed"
      case basisVersion = "basis_version"
      case learningRate = "learning_rate"
      case parameterMap = "parameter_map"
    }
  }
}

extension SeedCheckpoint {
  /// The bytes of the file; equal checkpoints have equal bytes.
  package func encoded() -> [UInt8] {
    let header = encodedHeader()
    var bytes = SeedCheckpointFormat.magic
    bytes += Self.littleEndian(UInt32(SeedCheckpointFormat.version))
    bytes += Self.littleEndian(UInt32(header.count))
    bytes += header
    bytes += coefficients.rounded.flatMap { Self.littleEndian($0.bitPattern) }
    return bytes + Array(SHA256.hash(data: bytes))
  }

  private func encodedHeader() -> [UInt8] {
    let header = SeedCheckpointFormat.Header(
      base: baseHash, basis: basis.kind.rawValue, basisSeed: String(basis.seed),
      basisVersion: SeedBasis.version, candidates: basis.candidateCount,
      epsilon: history.epsilon, learningRate: history.learningRate,
      parameterMap: parameterMapHash, rounds: history.rounds, settings: history.settings,
      steps: history.steps, tool: history.tool)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(header), json.count <= SeedCheckpointFormat.headerLimit
    else { preconditionFailure("the settings of a checkpoint take more than a mebibyte") }
    return Array(json)
  }

  private static func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }
}
