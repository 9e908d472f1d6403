import Bytes
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
  /// The longest key of a setting in bytes, each from U+0020 to U+007E.
  static let settingKeyLimit = 256
  /// The largest count that every reader of JSON reads exactly.
  static let countLimit = 1 << 53
}

extension SeedCheckpointFormat {
  /// What a key of the settings must be.
  static let settingKeyRule = "at most \(settingKeyLimit) characters from U+0020 to U+007E"

  /// Whether `key` may name a setting: short and of ASCII, so that no two of them are equivalent.
  static func isSettingKey(_ key: String) -> Bool {
    key.utf8.count <= settingKeyLimit && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
  }
}

extension SeedCheckpoint {
  /// The bytes of the file; equal checkpoints have equal bytes.
  ///
  /// - Throws: ``SeedCheckpointError/unwritable(part:found:expected:)`` if the settings break a rule.
  package func encoded() throws(SeedCheckpointError) -> [UInt8] {
    if let key = history.settings.keys.first(where: { !SeedCheckpointFormat.isSettingKey($0) }) {
      throw .unwritable(
        part: "key of a setting", found: quoted(key),
        expected: SeedCheckpointFormat.settingKeyRule)
    }
    let header = Array(encodedHeader().utf8)
    guard header.count <= SeedCheckpointFormat.headerLimit else {
      throw .unwritable(
        part: "header, with all settings", found: "\(header.count) bytes",
        expected: "at most \(SeedCheckpointFormat.headerLimit)")
    }
    var writer = ByteWriter(
      capacity: SeedCheckpointFormat.prefixLength + header.count + 4 * coefficients.count)
    writer.append(SeedCheckpointFormat.magic)
    let version =
      basis.parameters == nil
      ? SeedCheckpointFormat.version : SeedCheckpointFormat.versionWithParameters
    writer.append(UInt32(version))
    writer.append(UInt32(header.count))
    writer.append(header)
    writer.append(coefficients.bytes)
    return writer.bytes + Array(SHA256.hash(data: writer.bytes))
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
}
