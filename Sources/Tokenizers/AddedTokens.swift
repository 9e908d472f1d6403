// Tokens that are found in the text before it is cut into words: marks such as `<|im_start|>`, and
// whatever a user added to a trained vocabulary.

/// A token that is found in the text as it stands.
struct AddedToken: Equatable, Sendable {
  var id: Int32
  var content: String
  /// Whether it is a mark, found only where marks count.
  var isSpecial: Bool
  /// Whether it takes the white space before it.
  var trimsLeft = false
  /// Whether it takes the white space after it.
  var trimsRight = false
  /// Whether it must not touch a word's character.
  var isWord = false
  /// Whether it is looked for in the normalised text.
  var isNormalized = false
  /// Whether ``content`` is as the normalised text has it already.
  var isSpelledAsNormalized = false
}

/// A part of a text.
enum Fragment: Equatable {
  /// Text to encode.
  case text(Range<Int>)
  /// A token found in the text.
  case token(Int32)
}

/// Finds added tokens: leftmost first, of those the longest.
///
/// The text is read backwards by the automaton of Aho and Corasick (1975) for the tokens read
/// backwards, whose state says which tokens begin where it has arrived: O(n) for n bytes, whatever
/// the tokens are.
struct AddedTokenMatcher: Sendable {
  private let tokens: [AddedToken]
  private let tree: PrefixTree
  // By node of the tree: the node of the longest proper suffix, and the longest token that ends
  // there, -1 if there is none.
  private var suffixes: [Int32] = []
  private var longest: [Int32] = []
  private var endsToken = [Bool](repeating: false, count: 256)

  /// Makes a matcher of tokens; those without content are never found.
  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    var tree = PrefixTree()
    for (index, token) in tokens.enumerated() where !token.content.isEmpty {
      tree.insert(token.content.utf8.reversed(), Int32(index))
      if let last = token.content.utf8.last { endsToken[Int(last)] = true }
    }
    self.tree = tree
    linkSuffixes()
  }

  private mutating func linkSuffixes() {
    suffixes = [Int32](repeating: 0, count: tree.count)
    longest = (0..<Int32(tree.count)).map { tree.value(of: $0) }
    // Nodes by depth, since a suffix is shorter than what it is one of.
    for (node, parent, byte) in tree.edgesByDepth {
      if parent != 0 { suffixes[Int(node)] = next(suffixes[Int(parent)], byte) }
      if longest[Int(node)] < 0 { longest[Int(node)] = longest[Int(suffixes[Int(node)])] }
    }
  }

  private func next(_ state: Int32, _ byte: UInt8) -> Int32 {
    var state = state
    while true {
      if let child = tree.child(of: state, byte) { return child }
      if state == 0 { return 0 }
      state = suffixes[Int(state)]
    }
  }

  /// The places where tokens begin with the longest one there, from the last to the first.
  private func beginnings(in text: [UInt8]) -> [(position: Int, token: Int)] {
    var found: [(position: Int, token: Int)] = []
    var state: Int32 = 0
    for position in text.indices.reversed() {
      let byte = text[position]
      if state == 0, !endsToken[Int(byte)] { continue }
      state = next(state, byte)
      if longest[Int(state)] >= 0 { found.append((position, Int(longest[Int(state)]))) }
    }
    return found
  }

  /// Cuts `text` at the tokens found in it.
  ///
  /// - Parameter areMarks: Whether marks count in all of a range; elsewhere one is text like any other,
  func split(_ text: [UInt8], areMarks: (Range<Int>) -> Bool) -> [Fragment] {
    var fragments: [Fragment] = []
    var textStart = 0
    var position = 0
    for (start, index) in beginnings(in: text).reversed() where start >= position {
      let token = tokens[index]
      let match = start..<start + token.content.utf8.count
      position = match.upperBound
      guard !token.isSpecial || areMarks(match), allows(token, at: match, in: text) else {
        continue
      }
      let range = trimmed(match, of: token, in: text, from: textStart)
      if textStart < range.lowerBound { fragments.append(.text(textStart..<range.lowerBound)) }
      fragments.append(.token(token.id))
      textStart = range.upperBound
      position = range.upperBound
    }
    if textStart < text.count { fragments.append(.text(textStart..<text.count)) }
    return fragments
  }

  private func allows(_ token: AddedToken, at match: Range<Int>, in text: [UInt8]) -> Bool {
    guard token.isWord else { return true }
    let kinds = ScalarKinds.all
    let followsWord =
      match.lowerBound > 0 && kinds[text.scalar(before: match.lowerBound).scalar].isWord
    let precedesWord =
      match.upperBound < text.count && kinds[text.scalar(at: match.upperBound).scalar].isWord
    return !followsWord && !precedesWord
  }

  /// The match with the white space it takes, which does not reach before `limit`.
  private func trimmed(
    _ match: Range<Int>, of token: AddedToken, in text: [UInt8], from limit: Int
  ) -> Range<Int> {
    var (start, end) = (match.lowerBound, match.upperBound)
    while token.trimsLeft, start > limit {
      let previous = text.scalar(before: start)
      guard previous.scalar.properties.isWhitespace else { break }
      start = previous.start
    }
    while token.trimsRight, end < text.count {
      let next = text.scalar(at: end)
      guard next.scalar.properties.isWhitespace else { break }
      end = next.end
    }
    return start..<end
  }
}
