internal import Bytes
internal import Foundation

extension FileError {
  /// Calls `body`, which writes to the file at `path`, and names it in an error of Foundation, which does not.
  static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as CocoaError {
      let code = (error.underlying as? POSIXError)?.code ?? .EIO
      throw FileError(path: path, operation: .write, code: code.rawValue)
    }
  }
}
