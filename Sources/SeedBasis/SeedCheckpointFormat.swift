import Crypto

/// The layout of a seed checkpoint's file, see Documentation/SeedCheckpoint.md.
enum SeedCheckpointFormat {
  static let magic = Array("KSEED\0\0\0".utf8)
  /// The version of a file whose basis moves all tensors.
  static let version = 1
  /// The version of a file whose header names the tensors to move, which version 1 does not know.
  static let versionWithParameters = 2
  /// Magic, version and length of the header.
  static let prefixLength = 16
  static let headerLimit = 1 << 20
  static let checksumLength = 32
  static let fileLimit =
    prefixLength + headerLimit + 4 * SeedBasis.candidateLimit + checksumLength
  /// The largest count that every reader of JSON reads exactly.
  static let countLimit = 1 << 53
}

extension SeedCheckpoint {
  /// The bytes of the file; equal checkpoints have equal bytes.
  package func encoded() -> [UInt8] {
    let header = Array(encodedHeader().utf8)
    precondition(
      header.count <= SeedCheckpointFormat.headerLimit,
      "the settings of a checkpoint take more than a mebibyte")
    var bytes = SeedCheckpointFormat.magic
    let version =
      basis.parameters == nil
      ? SeedCheckpointFormat.version : SeedCheckpointFormat.versionWithParameters
    bytes += Self.littleEndian(UInt32(version))
    bytes += Self.littleEndian(UInt32(header.count))
    bytes += header
    bytes += coefficients.rounded.flatMap { Self.littleEndian($0.bitPattern) }
    return bytes + Array(SHA256.hash(data: bytes))
  }

  private func encodedHeader() -> String {
    var members = [
      "base": CanonicalJSON.string(baseHash),
      "basis": CanonicalJSON.string(basis.kind.rawValue),
      "basis_seed": CanonicalJSON.string(String(basis.seed)),
      "basis_version": String(SeedBasis.version),
      "candidates": String(basis.candidateCount),
      "epsilon": history.epsilon.description,
      "learning_rate": history.learningRate.description,
      "parameter_map": CanonicalJSON.string(parameterMapHash),
      "rounds": String(history.rounds),
      "settings": CanonicalJSON.object(history.settings.mapValues(CanonicalJSON.string)),
      "steps": String(history.steps),
      "tool": CanonicalJSON.string(history.tool),
    ]
    members["parameters"] = basis.parameters.map { CanonicalJSON.string($0.text) }
    return CanonicalJSON.object(members)
  }

  static func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }
}
