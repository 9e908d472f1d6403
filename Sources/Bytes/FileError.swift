internal import Glibc

/// An operation on a file that the system refused.
public struct FileError: Error, Equatable, CustomStringConvertible {
  /// The operations on files.
  public enum Operation: String, Sendable {
    case open, read, map, create, write, synchronize, rename
  }

  /// The file.
  public let path: String

  /// What was attempted.
  public let operation: Operation

  /// The system's error number, as in `errno`.
  public let code: Int32

  /// Creates the error for `operation` on the file at `path`.
  public init(path: String, operation: Operation, code: Int32) {
    self.path = path
    self.operation = operation
    self.code = code
  }

  /// What failed, on which file, and the system's reason.
  public var description: String {
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return "cannot \(operation.rawValue) \(path.debugDescription): \(reason)"
  }
}
