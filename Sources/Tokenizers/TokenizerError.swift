// Why a tokenizer cannot be read or an id cannot be decoded, in words for the person who chose the file.

internal import Bytes

/// The reason a vocabulary cannot be used, or an id has no text.
public enum TokenizerError: Error, Equatable {
  /// The file is not JSON; `byteOffset` counts from the start of the file.
  case malformedJSON(file: String, byteOffset: Int, expected: String, found: String)

  /// The file lacks a field that every tokenizer of its kind has.
  case missing(file: String, field: String)

  /// A field has a value that contradicts the format or the rest of the file.
  case invalid(file: String, field: String, found: String, expected: String)

  /// A field asks for an algorithm that is not implemented here.
  case unsupported(file: String, field: String, found: String, supported: String)

  /// An id lies outside the vocabulary, or in one of its gaps.
  case idOutOfRange(id: Int32, vocabularySize: Int)
}

extension TokenizerError: CustomStringConvertible {
  /// What is wrong, where, and what to do about it.
  public var description: String {
    switch self {
    case .malformedJSON(let file, let byteOffset, let expected, let found):
      """
      \(file): byte \(byteOffset) should be \(expected), but is \(found); \
      is the download complete?
      """
    case .missing(let file, let field):
      "\(file): '\(field)' is missing; does the file describe a tokenizer?"
    case .invalid(let file, let field, let found, let expected):
      "\(file): '\(field)' should be \(expected), but is \(found); is the file damaged?"
    case .unsupported(let file, let field, let found, let supported):
      "\(file): '\(field)' is \(found), which is not supported; use a model with \(supported)"
    case .idOutOfRange(let id, let vocabularySize):
      """
      token id \(id) has no token in a vocabulary of \(vocabularySize); \
      do the ids belong to this model?
      """
    }
  }
}

/// Returns `value` in quotes, on one line and cut short.
func excerpt(_ value: String) -> String { "'\(singleLine(value, limit: 60))'" }
