/// A text of a stranger, which equals another if it has the same bytes.
///
/// `String` compares and hashes by canonical equivalence and sorts combining marks to do so: in time
/// that grows with their square, and with two spellings of a name as one. Here both take linear time.
public struct UTF8Text: Hashable, Sendable {
  /// The text.
  public let string: String

  /// Creates the text of `string`.
  public init(_ string: String) { self.string = string }

  /// Returns whether the bytes are the same.
  ///
  /// - Complexity: O(bytes).
  public static func == (first: UTF8Text, second: UTF8Text) -> Bool {
    first.string.utf8.count == second.string.utf8.count
      && first.string.utf8.elementsEqual(second.string.utf8)
  }

  /// Hashes the bytes.
  ///
  /// - Complexity: O(bytes).
  public func hash(into hasher: inout Hasher) {
    for byte in string.utf8 { hasher.combine(byte) }
    hasher.combine(string.utf8.count)
  }
}

extension UTF8Text {
  /// Returns whether the bytes end with those of `end`.
  ///
  /// - Complexity: O(bytes of `end`).
  package func hasSuffix(_ end: String) -> Bool {
    string.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
  }

  /// Returns whether the bytes begin with those of `start`.
  ///
  /// - Complexity: O(bytes of `start`).
  package func hasPrefix(_ start: String) -> Bool { string.utf8.starts(with: start.utf8) }

  /// Returns whether the bytes of `part` stand somewhere in these.
  ///
  /// - Complexity: O(bytes · bytes of `part`).
  package func contains(_ part: String) -> Bool {
    var rest = string.utf8[...]
    while !rest.starts(with: part.utf8) { if rest.popFirst() == nil { return false } }
    return true
  }
}

extension UTF8Text {
  /// The most combining marks in a row of a text that is compared as a `String`, a key or a name.
  ///
  /// The time that this takes grows with their square. Text that is safe for streams has 30 (Unicode,
  /// UAX #15).
  package static let marksLimit = 256
  /// What is expected of such a text, in errors.
  package static let fewMarks = "at most \(marksLimit) combining marks in a row"

  /// Whether there are more combining marks in a row than ``marksLimit``.
  ///
  /// - Complexity: O(bytes).
  package var hasTooManyMarks: Bool {
    guard string.utf8.count > Self.marksLimit, !string.utf8.allSatisfy({ $0 < 0x80 }) else {
      return false
    }
    var marks = 0
    return string.unicodeScalars.contains { scalar in
      marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
      return marks > Self.marksLimit
    }
  }
}

extension UTF8Text: Comparable {
  /// Returns whether `first` comes first in the order of bytes, which is that of Unicode scalars.
  public static func < (first: UTF8Text, second: UTF8Text) -> Bool {
    first.string.utf8.lexicographicallyPrecedes(second.string.utf8)
  }
}

extension UTF8Text: ExpressibleByStringLiteral {
  /// Creates the text of a literal.
  public init(stringLiteral string: String) { self.init(string) }
}

extension UTF8Text: CustomStringConvertible {
  /// The text.
  public var description: String { string }
}
