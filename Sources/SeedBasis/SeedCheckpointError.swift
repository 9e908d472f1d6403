public import Bytes

/// The reason a seed checkpoint cannot be used.
public enum SeedCheckpointError: Error, Equatable {
  /// The system refused an operation on the file.
  case file(FileError)
  /// The file is no seed checkpoint, or is damaged.
  case malformed(path: String, place: String, found: String, expected: String)
  /// A newer program wrote the file.
  case unsupported(path: String, place: String, version: Int, expected: Int)
  /// The checkpoint belongs to another base; both hashes are SHA-256.
  case wrongBase(part: String, checkpoint: String, model: String)
  /// Two checkpoints that cannot be added or compared; both sides in words.
  case different(part: String, first: String, second: String)
}

extension SeedCheckpointError: CustomStringConvertible {
  /// What is wrong, where, and what to do about it.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .malformed(let path, let place, let found, let expected):
      """
      \(path): \(place): found \(found), expected \(expected); the file is not a seed checkpoint or \
      is damaged: copy or make it again
      """
    case .different(let part, let first, let second):
      """
      the checkpoints have different \(part): \(first), but \(second); only checkpoints of one base \
      and one basis can be computed with
      """
    case .unsupported(let path, let place, let version, let expected):
      """
      \(path): \(place): found version \(version), expected \(expected); use the version of fedkseed \
      that wrote it
      """
    case .wrongBase(let part, let checkpoint, let model):
      """
      the seed checkpoint was made for another \(part): it needs SHA-256 \(checkpoint), but this \
      model has \(model); pass the model it was tuned from
      """
    }
  }
}
