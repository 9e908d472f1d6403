/// The reason why bytes are not JSON that this program reads.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// What a caller may want to tell apart.
  package enum Kind: Sendable {
    /// The text breaks the rules of RFC 8259.
    case malformed
    /// The text ends too early.
    case truncated
    /// Arrays and objects nest deeper than ``JSONReader/depthLimit``.
    case tooDeep
    /// A tree has more values than it may.
    case tooManyValues
    /// A key is longer than it may be.
    case keyTooLong
    /// A text has more than ``UTF8Text/marksLimit`` combining marks in a row.
    case tooManyMarks
  }

  /// What a caller may want to tell apart.
  package let kind: Kind

  /// Where it is, in bytes from the start of the text.
  package let offset: Int

  /// What stands there: a character, as it is, or `nil` at the end of the text.
  package let found: String?

  /// What should stand there.
  package let expected: String

  /// The place, what stands there and what should.
  package var description: String {
    "byte \(offset): found \(found.map { quoted($0) } ?? "the end of the text"), expected \(expected)"
  }
}
