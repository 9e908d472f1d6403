/// Names of tensors: those that a basis moves, where it does not move all.
///
/// `*` stands for any characters, also none and also dots, `?` for one byte; patterns are separated by
/// commas, and a name matches if it matches one of them as a whole.
///
///     try ParameterPattern("model.layers.?.self_attn.*,model.norm.weight")
public struct ParameterPattern: Sendable, Equatable {
  /// The pattern as it was given.
  public let text: String
  private let alternatives: [[UInt8]]

  /// The longest pattern, in bytes.
  static let lengthLimit = 4096

  /// Creates a pattern.
  ///
  /// - Throws: ``SeedBasisError/badPattern(_:)`` unless it has 1 to 4096 characters of ASCII without
  ///   spaces, and something stands between the commas.
  public init(_ text: String) throws(SeedBasisError) {
    guard Self.brokenRule(of: text) == nil else {
      throw .badPattern(String(text.unicodeScalars.prefix(80)))
    }
    self.text = text
    alternatives = Self.alternatives(of: text).map(Array.init)
  }

  /// Returns what a pattern must be where `text` is not, or `nil` if it is one.
  package static func brokenRule(of text: String) -> String? {
    if !(1...lengthLimit).contains(text.utf8.count) { return "1 to \(lengthLimit) characters" }
    if !text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      return "characters from U+0021 to U+007E only, so no spaces"
    }
    let isComplete = alternatives(of: text).allSatisfy { !$0.isEmpty }
    return isComplete ? nil : "a pattern before, between and after the commas"
  }

  private static func alternatives(of text: String) -> [String.UTF8View.SubSequence] {
    text.utf8.split(separator: 0x2C, omittingEmptySubsequences: false)
  }

  /// Returns whether the pattern matches the whole name of a tensor.
  ///
  /// - Complexity: O(length of the pattern · length of the name), without recursion.
  public func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    return alternatives.contains { Self.matches($0, name) }
  }

  /// Matches from left to right; at a mismatch the last star takes one more character.
  private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (place, position) = (0, 0)
    var star: (place: Int, position: Int)?
    while position < name.count {
      if place < pattern.count, pattern[place] == 0x2A {
        star = (place, position)
        place += 1
      } else if place < pattern.count, pattern[place] == 0x3F || pattern[place] == name[position] {
        place += 1
        position += 1
      } else if let last = star {
        star = (last.place, last.position + 1)
        (place, position) = (last.place + 1, last.position + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == 0x2A }
  }
}
