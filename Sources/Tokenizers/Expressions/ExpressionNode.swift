// A regular expression as a tree.

/// What an expression asks for.
indirect enum ExpressionNode: Equatable, Sendable {
  /// Nothing.
  case empty
  /// One character of a set.
  case one(ScalarSetNode)
  /// One after another.
  case sequence([ExpressionNode])
  /// The first that lets the rest match.
  case alternatives([ExpressionNode])
  /// As often as possible, or as seldom as possible, within bounds.
  case repeated(ExpressionNode, ClosedRange<Int>, isGreedy: Bool)
  /// What matches by itself, without a second thought.
  case atomic(ExpressionNode)
  /// What must or must not follow.
  case lookAhead(ExpressionNode, isNegated: Bool)
  /// The character that must or must not stand before.
  case lookBehind(ScalarSetNode, isNegated: Bool)
  /// A place in the text.
  case anchor(Anchor)

  /// A place in the text.
  enum Anchor: Equatable, Sendable {
    case textStart, textEnd, lineStart, lineEnd, textEndOrLastLine
  }

  /// The greatest number of repetitions that is one in effect.
  static let unbounded = Int.max

  /// Whether no character at all may match.
  var mayBeEmpty: Bool {
    switch self {
    case .empty, .lookAhead, .lookBehind, .anchor: true
    case .one: false
    case .sequence(let parts): parts.allSatisfy(\.mayBeEmpty)
    case .alternatives(let parts): parts.contains(where: \.mayBeEmpty)
    case .repeated(let part, let count, _): count.lowerBound == 0 || part.mayBeEmpty
    case .atomic(let part): part.mayBeEmpty
    }
  }
}
