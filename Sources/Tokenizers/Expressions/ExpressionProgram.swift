// A regular expression as instructions for a small machine.

/// A step of the machine.
enum ExpressionInstruction: Equatable, Sendable {
  /// One character of a set.
  case one(set: Int)
  /// As many characters of a set as there are, but no more than `most`; fewer if the rest asks for
  /// it.
  case run(set: Int, least: Int, most: Int)
  /// Goes on at the first place and, if that fails, at the second.
  case split(Int, Int)
  case jump(Int)
  /// The instructions up to ``matched``, by themselves; then goes on at `next`.
  case atomic(next: Int)
  /// The same, without moving.
  case lookAhead(next: Int, isNegated: Bool)
  case lookBehind(set: Int, isNegated: Bool)
  case anchor(ExpressionNode.Anchor)
  case matched
}

/// A choice between two ways on, and the group to whose end both lead.
struct GroupedChoice: Equatable, Sendable {
  /// Its number among all choices.
  let number: Int
  /// The last instruction of the group; negative if that is the whole expression.
  private(set) var end = -1
  /// Whether the group is atomic: then it matters where in the text it ends.
  private(set) var isAtomic = false

  init(number: Int) { self.number = number }

  mutating func close(at end: Int, isAtomic: Bool) {
    self.end = end
    self.isAtomic = isAtomic
  }
}

/// A regular expression that can be looked for in text.
struct ExpressionProgram: Sendable {
  // The work at a place of the text is in proportion to these. No tokenizer's expression comes near.
  private static let sizeLimit = 1 << 9
  private static let atomicChoiceLimit = 8

  private(set) var instructions: [ExpressionInstruction] = []
  /// By instruction that is a split: its number, and the end of the group in which it stands.
  private(set) var choices: [Int: GroupedChoice] = [:]
  /// The instructions, and the repetitions of single characters that are counted.
  private var size = 0
  private(set) var sets: [ScalarSet] = []
  private(set) var trees: [ScalarSetNode] = []
  /// Where the alternatives of the whole expression begin.
  private(set) var entries: [Int] = []
  /// For each byte the entries that a match may begin with there, a bit for each of the first 63;
  /// the last bit stands for all others.
  private(set) var entriesOfByte = [UInt64](repeating: 0, count: 256)

  /// Whether a match may be empty.
  let mayBeEmpty: Bool

  /// Compiles an expression.
  ///
  /// - Throws: ``ExpressionError`` if it would take too many instructions.
  init(_ node: ExpressionNode) throws(ExpressionError) {
    mayBeEmpty = node.mayBeEmpty
    let alternatives: [ExpressionNode] =
      if case .alternatives(let parts) = node { parts } else { [node] }
    for (index, part) in alternatives.enumerated() {
      entries.append(instructions.count)
      try append(part)
      try emit(.matched)
      let bit = UInt64(1) << UInt64(min(index, 63))
      let first = firstBytes(of: part)
      for byte in 0..<256 where first[byte] { entriesOfByte[byte] |= bit }
    }
  }

  private mutating func emit(
    _ instruction: ExpressionInstruction, repetitions: Int = 0
  ) throws(ExpressionError) {
    size += 1 + repetitions
    guard size <= Self.sizeLimit else {
      throw ExpressionError(found: "an expression with too many repetitions")
    }
    if case .split = instruction {
      choices[instructions.count] = GroupedChoice(number: choices.count)
    }
    instructions.append(instruction)
  }

  private mutating func index(of set: ScalarSetNode) -> Int {
    if let index = trees.firstIndex(of: set) { return index }
    trees.append(set)
    sets.append(ScalarSet(set))
    return sets.count - 1
  }

  private mutating func append(_ node: ExpressionNode) throws(ExpressionError) {
    switch node {
    case .empty: break
    case .one(let set): try emit(.one(set: index(of: set)))
    case .sequence(let parts): for part in parts { try append(part) }
    case .alternatives(let parts): try append(parts[...])
    case .repeated(.one(let set), let count, isGreedy: true):
      let isUnbounded = count.upperBound == ExpressionNode.unbounded
      try emit(
        .run(set: index(of: set), least: count.lowerBound, most: count.upperBound),
        repetitions: isUnbounded ? count.lowerBound : count.upperBound)
    case .repeated(let part, let count, let isGreedy): try append(part, count, isGreedy)
    case .atomic(let part): try append(part) { .atomic(next: $0) }
    case .lookAhead(let part, let isNegated):
      try append(part) { .lookAhead(next: $0, isNegated: isNegated) }
    case .lookBehind(let set, let isNegated):
      try emit(.lookBehind(set: index(of: set), isNegated: isNegated))
    case .anchor(let anchor): try emit(.anchor(anchor))
    }
  }

  private mutating func append(_ parts: ArraySlice<ExpressionNode>) throws(ExpressionError) {
    var ends: [Int] = []
    for (index, part) in zip(parts.indices, parts) {
      let isLast = index == parts.endIndex - 1
      let split = instructions.count
      if !isLast { try emit(.split(split + 1, 0)) }
      try append(part)
      guard !isLast else { break }
      ends.append(instructions.count)
      try emit(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for end in ends { instructions[end] = .jump(instructions.count) }
  }

  private mutating func append(
    _ part: ExpressionNode, _ count: ClosedRange<Int>, _ isGreedy: Bool
  ) throws(ExpressionError) {
    for _ in 0..<count.lowerBound { try append(part) }
    let isUnbounded = count.upperBound == ExpressionNode.unbounded
    var splits: [Int] = []
    for _ in 0..<(isUnbounded ? 1 : count.upperBound - count.lowerBound) {
      splits.append(instructions.count)
      try emit(.split(0, 0))
      try append(part)
    }
    if isUnbounded { try emit(.jump(splits[0])) }
    for split in splits {
      let (inside, outside) = (split + 1, instructions.count)
      instructions[split] = isGreedy ? .split(inside, outside) : .split(outside, inside)
    }
  }

  private mutating func append(
    _ part: ExpressionNode, _ instruction: (Int) -> ExpressionInstruction
  ) throws(ExpressionError) {
    let place = instructions.count
    try emit(.jump(0))
    try append(part)
    try emit(.matched)
    instructions[place] = instruction(instructions.count)
    try closeGroup(at: place)
  }

  /// Tells the choices of the group that ends here where it ends, but those of groups inside of it.
  private mutating func closeGroup(at place: Int) throws(ExpressionError) {
    let end = instructions.count - 1
    let inside = (place..<end).filter { choices[$0]?.end == -1 }
    var isAtomic = false
    if case .atomic = instructions[place] { isAtomic = true }
    guard !isAtomic || inside.count <= Self.atomicChoiceLimit else {
      throw ExpressionError(found: "an atomic group with too many choices")
    }
    for index in inside { choices[index]?.close(at: end, isAtomic: isAtomic) }
  }
}

// MARK: - First bytes

extension ExpressionProgram {
  /// By byte, whether a match may begin with it: with any where it may be empty.
  private func firstBytes(of node: ExpressionNode) -> [Bool] {
    var bytes = [Bool](repeating: node.mayBeEmpty, count: 256)
    if !node.mayBeEmpty { addFirstBytes(of: node, to: &bytes) }
    return bytes
  }

  private func addFirstBytes(of node: ExpressionNode, to bytes: inout [Bool]) {
    switch node {
    case .empty, .lookAhead, .lookBehind, .anchor: break
    case .one(let tree):
      guard let set = trees.firstIndex(of: tree).map({ sets[$0] }) else { return }
      for byte in 0..<128 where set.contains(ascii: UInt8(byte)) { bytes[byte] = true }
      if set.mayExceedASCII { for byte in 128..<256 { bytes[byte] = true } }
    case .sequence(let parts):
      for part in parts {
        addFirstBytes(of: part, to: &bytes)
        if !part.mayBeEmpty { break }
      }
    case .alternatives(let parts): for part in parts { addFirstBytes(of: part, to: &bytes) }
    case .repeated(let part, let count, _):
      if count.upperBound > 0 { addFirstBytes(of: part, to: &bytes) }
    case .atomic(let part): addFirstBytes(of: part, to: &bytes)
    }
  }
}
