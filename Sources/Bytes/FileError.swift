internal import Glibc

/// An operation on a file that the system refused.
public struct FileError: Error, Equatable, CustomStringConvertible {
  /// The operations on files.
  public enum Operation: String, Sendable {
    case open, read, map, create, write, synchronize, rename, lock
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
    "cannot \(operation.rawValue) \(quoted(path, limit: 4096)): \(reason)"
  }

  /// Whether there are more bytes than the reader accepts.
  package var isTooLarge: Bool { operation == .read && code == EFBIG }

  /// Why, in words: the system's, but where a mapping is refused for what the file is.
  package var reason: String {
    switch (operation, code) {
    case (.map, ENODATA): "the file is empty"
    case (.map, ENODEV): "it is not a regular file, but a pipe, a socket or a device"
    case (.read, ENODEV): "it is a device, a socket or a terminal, not a file or a pipe"
    case (.map, EISDIR), (.read, EISDIR): "it is a folder, not a file"
    default: unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
  }
}
