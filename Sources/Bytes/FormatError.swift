/// The reason a file of weights, or a file beside it, cannot be used.
public struct FormatError: Error, Equatable, CustomStringConvertible {
  /// What a caller can do about it.
  public enum Kind: Sendable {
    /// The file ends too early.
    case truncated
    /// The file breaks the rules of its format.
    case malformed
    /// The file may be right, but it needs something that this program has not.
    case unsupported
    /// A file, key or tensor that should be there is not.
    case missing
  }

  /// The file.
  public let path: String

  /// What a caller can do about it.
  public let kind: Kind

  /// Where in the file.
  public let place: String

  /// The value at that place.
  public let found: String

  /// What should have been there.
  public let expected: String

  /// What to do about it.
  public let advice: String

  /// Creates the error of `path` at `place`, with the advice of its kind unless there is a better one.
  package init(
    path: String, kind: Kind, place: String, found: String, expected: String, advice: String? = nil
  ) {
    self.path = path
    self.kind = kind
    self.place = place
    self.found = found
    self.expected = expected
    self.advice = advice ?? kind.advice
  }

  /// One sentence: the file, the place, the value, the value expected and what to do.
  public var description: String {
    "\(path): \(place): found \(found), expected \(expected); \(advice)"
  }
}

extension FormatError.Kind {
  fileprivate var advice: String {
    switch self {
    case .truncated: "the download may be incomplete: fetch the file again"
    case .malformed: "the file is damaged: fetch it again or convert it again"
    case .unsupported: "convert the model to a supported form"
    case .missing: "check that the model is complete"
    }
  }
}
