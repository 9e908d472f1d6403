internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Settings

/// A fault in what the user gave that no library reports: an option, an output path.
struct InputError: Error, CustomStringConvertible {
  /// One sentence: what is wrong, the value found, the value expected, what to do.
  let description: String

  init(_ description: String) { self.description = description }

  /// Calls `body`, and names the option of a setting in the error of a library that does not know it.
  static func naming<Result>(_ key: SettingKey, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw InputError("'--\(key.rawValue)': \(error)") }
  }

  /// Returns `error` in words that a terminal can show: an error may quote a file of a stranger.
  ///
  /// Errors of Foundation know no short description of themselves; those of the command line, which
  /// end with help, stay as they are.
  static func explaining(_ error: any Error) -> any Error {
    if let error = error as? CocoaError { return InputError(printable(reason(error))) }
    guard FedKSeed.exitCode(for: error) == .failure, !(error is ExitCode) else { return error }
    return InputError(printable(FedKSeed.message(for: error)))
  }

  /// The most lines of an error; those of the command line's own texts are fewer.
  private static let lineLimit = 100

  private static func printable(_ text: String) -> String {
    let lines = text.utf8.split(
      separator: 10, maxSplits: lineLimit, omittingEmptySubsequences: false)
    return lines.prefix(lineLimit)
      .map { singleLine(Substring($0), limit: 2 * Output.longestText) }.joined(separator: "\n")
  }

  private static func reason(_ error: CocoaError) -> String {
    let cause = (error.underlying?.localizedDescription ?? error.localizedDescription)
      .replacingOccurrences(of: "The operation could not be completed. ", with: "")
    return error.filePath.map { "'\($0)': \(cause)" } ?? cause
  }
}
