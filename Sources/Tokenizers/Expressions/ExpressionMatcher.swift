// Looks for an expression in text. The machine tries alternatives in order and takes back what it
// chose last, as Perl does. What came of a choice is remembered, so that text of n bytes takes O(n)
// steps: a run of equal characters is gone through once, however many places a match might begin
// at.

/// A search for one expression; keeps its memory from text to text.
struct ExpressionMatcher {
  // Choices of one attempt after which they are remembered; ordinary expressions make a few.
  private static let unrememberedChoices = 256

  private let program: ExpressionProgram
  private let kinds = ScalarKinds.all
  private var choices: [Choice] = []
  // By instruction: what is known of its run.
  private var runs: [RunMemory]
  private var touchedRuns: [Int] = []
  private var outcomes = ChoiceMemory()
  private var choiceCount = 0
  private var range = 0..<0

  init(_ program: ExpressionProgram) {
    self.program = program
    runs = [RunMemory](repeating: RunMemory(), count: program.instructions.count)
  }

  /// What can be tried if the rest fails.
  private struct Choice {
    /// As ``least``: no run, but the other way on from a split.
    static let ofSplit = -1
    /// As ``least``: nothing to try any more; both ways on from the split there have failed.
    static let failure = -2

    var instruction: Int
    var position: Int
    /// The least position of a run, if it is one.
    var least: Int
    var run = 0..<0
  }

  /// What is known of the characters that an unbounded run takes.
  private struct RunMemory {
    /// Characters from `start` to `end` are of the set, and no more; what follows the run has failed
    /// wherever that ended at `failedFrom` or later.
    var start = 0
    var end = -1
    var failedFrom = 0
    /// Another such stretch, or the same, of which nothing else is known.
    var extent = 0..<0
    var isKnown: Bool { end >= 0 || !extent.isEmpty }
  }
}

// MARK: - Search

extension ExpressionMatcher {
  /// Calls `body` with the parts of `text` in `range`, matches and what lies between them.
  ///
  /// They come in order and without gaps; a match may be empty.
  mutating func forEachPart(
    of text: [UInt8], in range: Range<Int>, _ body: (Range<Int>, _ isMatch: Bool) -> Void
  ) {
    begin(range)
    var position = range.lowerBound
    var lastEnd = range.lowerBound
    var lastMatchEnd = -1
    while position <= range.upperBound {
      guard let end = matchEnd(text, at: position), end > position || position != lastMatchEnd
      else {
        guard position < range.upperBound else { break }
        position = text.scalar(at: position).end
        continue
      }
      if lastEnd < position { body(lastEnd..<position, false) }
      body(position..<end, true)
      (lastEnd, lastMatchEnd) = (end, end)
      if end == position, position < range.upperBound {
        position = text.scalar(at: position).end
      } else if end == position {
        break
      } else {
        position = end
      }
    }
    if lastEnd < range.upperBound { body(lastEnd..<range.upperBound, false) }
  }

  private mutating func begin(_ range: Range<Int>) {
    self.range = range
    for index in touchedRuns { runs[index] = RunMemory() }
    touchedRuns.removeAll(keepingCapacity: true)
    if !outcomes.isEmpty { outcomes = ChoiceMemory() }
  }

  /// Where the match that begins at `start` ends.
  private mutating func matchEnd(_ text: [UInt8], at start: Int) -> Int? {
    let mask = start < range.upperBound ? program.entriesOfByte[Int(text[start])] : UInt64.max
    if mask == 0 { return nil }
    choiceCount = 0
    for (index, entry) in program.entries.enumerated()
    where mask >> UInt64(min(index, 63)) & 1 != 0 {
      if let end = run(text, from: entry, at: start) { return end }
    }
    return nil
  }
}

// MARK: - The machine

extension ExpressionMatcher {
  /// Returns where the instructions from `entry` on have matched.
  private mutating func run(_ text: [UInt8], from entry: Int, at start: Int) -> Int? {
    let base = choices.count
    var (instruction, position) = (entry, start)
    while true {
      if case .matched = program.instructions[instruction] {
        if choices.count > base { leave(text, base, at: position) }
        return position
      }
      if step(text, &instruction, &position) { continue }
      guard takeBack(text, base, &instruction, &position) else { return nil }
    }
  }

  /// Executes an instruction; `false` if it fails.
  private mutating func step(
    _ text: [UInt8], _ instruction: inout Int, _ position: inout Int
  ) -> Bool {
    switch program.instructions[instruction] {
    case .one(let set):
      guard let end = end(ofOne: set, text, position) else { return false }
      position = end
    case .run(let set, let least, let most):
      return runCharacters(text, set, least, most, &instruction, &position)
    case .split(let first, let second):
      return choose(first, second, &instruction, &position)
    case .jump(let next):
      instruction = next
      return true
    case .atomic(let next):
      guard let end = run(text, from: instruction + 1, at: position) else { return false }
      (instruction, position) = (next, end)
      return true
    case .lookAhead(let next, let isNegated):
      let found = run(text, from: instruction + 1, at: position) != nil
      instruction = next
      return found != isNegated
    case .lookBehind(let set, let isNegated):
      guard isBehind(set, text, position) != isNegated else { return false }
    case .anchor(let anchor):
      guard isAt(anchor, text, position) else { return false }
    case .matched: preconditionFailure("a match was not noticed")
    }
    instruction += 1
    return true
  }

  private mutating func choose(
    _ first: Int, _ second: Int, _ instruction: inout Int, _ position: inout Int
  ) -> Bool {
    choiceCount += 1
    if choiceCount > Self.unrememberedChoices || !outcomes.isEmpty {
      switch outcome(of: instruction, at: position) {
      case .failure: return false
      case .success(let place, let end):
        (instruction, position) = (place, end)
        return true
      case nil:
        choices.append(
          Choice(instruction: instruction, position: position, least: Choice.failure))
      }
    }
    choices.append(Choice(instruction: second, position: position, least: Choice.ofSplit))
    instruction = first
    return true
  }

  private enum Outcome {
    case failure
    /// The group has ended, at an instruction and a position.
    case success(Int, Int)
  }

  /// What came of a choice when it was made here before.
  private mutating func outcome(of instruction: Int, at position: Int) -> Outcome? {
    guard let choice = program.choices[instruction] else { return nil }
    if outcomes.isEmpty {
      outcomes = ChoiceMemory(places: range.count + 1, choices: program.choices.count)
    }
    let place = position - range.lowerBound
    switch outcomes[place, choice.number] {
    case .unknown: return nil
    case .failed: return .failure
    case .succeeded:
      return .success(choice.end, outcomes.end(place, choice.number) ?? position)
    }
  }

  /// Forgets the choices of a group that has matched, or of the whole, and remembers what is known of
  /// them.
  private mutating func leave(_ text: [UInt8], _ base: Int, at end: Int) {
    for choice in choices[base...] {
      if choice.least >= 0, choice.position < choice.run.upperBound {
        remember(choice, failedFrom: text.scalar(at: choice.position).end)
      } else if choice.least == Choice.failure, let split = program.choices[choice.instruction],
        split.end >= 0
      {
        // Whoever comes here again gets to the end of the group as well.
        outcomes.succeed(
          choice.position - range.lowerBound, split.number, end: split.isAtomic ? end : nil)
      }
    }
    choices.removeLast(choices.count - base)
  }

  /// Goes back to the last choice of those above `base`; `false` if there is none.
  private mutating func takeBack(
    _ text: [UInt8], _ base: Int, _ instruction: inout Int, _ position: inout Int
  ) -> Bool {
    while choices.count > base, let choice = choices.last {
      if choice.least == Choice.failure {
        choices.removeLast()
        if let split = program.choices[choice.instruction] {
          outcomes.fail(choice.position - range.lowerBound, split.number)
        }
        continue
      }
      if choice.least == Choice.ofSplit {
        choices.removeLast()
        (instruction, position) = (choice.instruction, choice.position)
        return true
      }
      if choice.position > choice.least {
        position = text.start(before: choice.position)
        choices[choices.count - 1].position = position
        instruction = choice.instruction + 1
        return true
      }
      choices.removeLast()
      remember(choice, failedFrom: choice.least)
    }
    return false
  }
}

// MARK: - Runs

extension ExpressionMatcher {
  private mutating func runCharacters(
    _ text: [UInt8], _ set: Int, _ least: Int, _ most: Int, _ instruction: inout Int,
    _ position: inout Int
  ) -> Bool {
    let known = runs[instruction]
    let remembers = most == .max
    var end = position
    var count = 0
    var leastEnd = least == 0 ? position : -1
    while count < most {
      // From here on the run is one that has been gone through.
      if remembers, leastEnd >= 0, end >= known.start, end <= known.end {
        return joinFailedRun(text, known, leastEnd, &instruction, &position)
      }
      if remembers, leastEnd >= 0, known.extent.contains(end) {
        end = known.extent.upperBound
        break
      }
      guard let next = self.end(ofOne: set, text, end) else { break }
      end = next
      count += 1
      if count == least { leastEnd = end }
    }
    guard leastEnd >= 0 else { return false }
    if remembers, end > position, end != known.extent.upperBound {
      touch(instruction)
      runs[instruction].extent = position..<end
    }
    if end > leastEnd {
      choices.append(
        Choice(instruction: instruction, position: end, least: leastEnd, run: position..<end))
    }
    instruction += 1
    position = end
    return true
  }

  /// Goes on with a run that ends like one behind which the rest has failed at most of its places.
  private mutating func joinFailedRun(
    _ text: [UInt8], _ failed: RunMemory, _ leastEnd: Int, _ instruction: inout Int,
    _ position: inout Int
  ) -> Bool {
    guard leastEnd < failed.failedFrom else { return false }
    let end = text.start(before: failed.failedFrom)
    choices.append(
      Choice(
        instruction: instruction, position: end, least: leastEnd, run: position..<failed.end))
    instruction += 1
    position = end
    return true
  }

  /// Notes that what follows a run has failed wherever the run might have ended from a place on.
  private mutating func remember(_ choice: Choice, failedFrom: Int) {
    guard case .run(_, _, .max) = program.instructions[choice.instruction] else { return }
    touch(choice.instruction)
    var run = runs[choice.instruction]
    let isSame = run.end == choice.run.upperBound
    run.start = isSame ? min(run.start, choice.run.lowerBound) : choice.run.lowerBound
    run.failedFrom = isSame ? min(run.failedFrom, failedFrom) : failedFrom
    run.end = choice.run.upperBound
    runs[choice.instruction] = run
  }

  private mutating func touch(_ instruction: Int) {
    if !runs[instruction].isKnown { touchedRuns.append(instruction) }
  }

  /// Where the character at `position` ends, if the set has it.
  @inline(__always)
  private func end(ofOne set: Int, _ text: [UInt8], _ position: Int) -> Int? {
    guard position < range.upperBound else { return nil }
    let byte = text[position]
    if byte < 0x80 { return program.sets[set].contains(ascii: byte) ? position + 1 : nil }
    let (scalar, end) = text.scalar(at: position)
    return contains(set, scalar) ? end : nil
  }

  private func contains(_ set: Int, _ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return program.sets[set].contains(ascii: UInt8(scalar.value)) }
    let kind = kinds[scalar]
    return program.sets[set].needsTree
      ? program.trees[set].contains(scalar.value, kind) : program.sets[set].contains(kind)
  }
}

// MARK: - Places

extension ExpressionMatcher {
  private func isBehind(_ set: Int, _ text: [UInt8], _ position: Int) -> Bool {
    position > range.lowerBound && contains(set, text.scalar(before: position).scalar)
  }

  private func isAt(_ anchor: ExpressionNode.Anchor, _ text: [UInt8], _ position: Int) -> Bool {
    let isAtEnd = position == range.upperBound
    let newline = UInt8(ascii: "\n")
    switch anchor {
    case .textStart: return position == range.lowerBound
    case .textEnd: return isAtEnd
    case .lineStart: return position == range.lowerBound || text[position - 1] == newline
    case .lineEnd: return isAtEnd || text[position] == newline
    case .textEndOrLastLine:
      return isAtEnd || position == range.upperBound - 1 && text[position] == newline
    }
  }
}
