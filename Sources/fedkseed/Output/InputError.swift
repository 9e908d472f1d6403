internal import Foundation
internal import ZerothOrder

/// A fault in what the user gave that no library reports: an option, an output path.
struct InputError: Error, CustomStringConvertible {
  /// One sentence: what is wrong, the value found, the value expected, what to do.
  let description: String

  init(_ description: String) { self.description = description }

  /// Returns `error`, put in the words of the command line.
  ///
  /// A setting is named by its option. An error of Foundation, which knows no short description of
  /// itself, is reduced to its reason.
  static func explaining(_ error: any Error) -> any Error {
    switch error {
    case let error as SettingsError:
      InputError("'\(option(of: error.field))' must be \(error.expected), but is \(error.found)")
    case let error as CocoaError: InputError(reason(error))
    default: error
    }
  }

  private static func reason(_ error: CocoaError) -> String {
    let cause = (error.underlying?.localizedDescription ?? error.localizedDescription)
      .replacingOccurrences(of: "The operation could not be completed. ", with: "")
    return error.filePath.map { "'\($0)': \(cause)" } ?? cause
  }

  /// The option that sets a library's setting.
  private static func option(of field: String) -> String {
    let names = [
      "learningRate": "lr", "clientCount": "clients", "candidateCount": "candidates",
    ]
    return "--" + (names[field] ?? kebabCase(field))
  }

  private static func kebabCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
  }
}
