internal import Bytes
package import Federation
internal import Foundation

extension StateFolder {
  /// Returns the secret from which the noise of this client's updates comes: drawn once, and kept.
  ///
  /// - Throws: ``ServiceError`` if the file is damaged, `FileError` if it cannot be written.
  package func secret() throws -> PrivacySecret {
    let file = path + "/secret"
    guard FileManager.default.fileExists(atPath: file) else {
      let secret = PrivacySecret.random()
      try AtomicFile.write(secret.bytes, to: file, mode: 0o600)
      return secret
    }
    guard let secret = PrivacySecret(bytes: try readInput(file, limit: 1 << 10)) else {
      throw ServiceError(
        .failed,
        "'\(file)' has not the \(PrivacySecret.byteCount) bytes of a secret: restore it, or choose "
          + "another '--state'")
    }
    return secret
  }
}
