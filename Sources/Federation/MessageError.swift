/// The reason why bytes are not a message of this protocol.
///
///     client update, byte 74, candidate of step 1: found 4096, expected a number below 4096
public struct MessageError: Error, Equatable, CustomStringConvertible {
  /// The message that was expected.
  public let message: MessageKind
  /// Where the field starts, in bytes from the start of the message.
  public let offset: Int
  /// The name of the field, as in `Documentation/WireFormat.md`.
  public let field: String
  /// The value found.
  public let found: String
  /// The values allowed, and what to do where that is not plain.
  public let expected: String

  /// One sentence: which message, where, what was found, what was expected.
  public var description: String {
    "\(message), byte \(offset), \(field): found \(found), expected \(expected)"
  }
}
