internal import Foundation

/// A fault in what the user gave that no library reports: an option, an output path.
struct InputError: Error, CustomStringConvertible {
  /// One sentence: what is wrong, the value found, the value expected, what to do.
  let description: String

  init(_ description: String) { self.description = description }

  /// Returns `error`, or its reason if it is one of Foundation, which knows no short description of
  /// itself.
  static func explaining(_ error: any Error) -> any Error {
    if let error = error as? CocoaError { InputError(reason(error)) } else { error }
  }

  private static func reason(_ error: CocoaError) -> String {
    let cause = (error.underlying?.localizedDescription ?? error.localizedDescription)
      .replacingOccurrences(of: "The operation could not be completed. ", with: "")
    return error.filePath.map { "'\($0)': \(cause)" } ?? cause
  }
}
