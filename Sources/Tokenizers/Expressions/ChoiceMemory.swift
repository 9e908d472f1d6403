// What came of choices: two bits for each choice of an expression at each place of a text.

/// The outcomes of choices that were made.
struct ChoiceMemory {
  enum Outcome: UInt8 {
    case unknown, failed, succeeded
  }

  // Four outcomes a byte.
  private var bits: [UInt8] = []
  private var ends: [Int: Int] = [:]
  private let choices: Int

  /// Makes an empty memory, which takes none.
  init() { choices = 0 }

  /// Makes a memory for so many places and choices.
  init(places: Int, choices: Int) {
    self.choices = choices
    bits = [UInt8](repeating: 0, count: places * choices / 4 + 1)
  }

  /// Whether there is no memory.
  var isEmpty: Bool { bits.isEmpty }

  /// What came of a choice at a place.
  subscript(place: Int, choice: Int) -> Outcome {
    let index = place * choices + choice
    return Outcome(rawValue: bits[index / 4] >> UInt8(index % 4 * 2) & 3) ?? .unknown
  }

  /// Where the group of a choice that succeeded has ended, if that was told.
  func end(_ place: Int, _ choice: Int) -> Int? { ends[place * choices + choice] }

  /// Notes that both ways on have failed.
  mutating func fail(_ place: Int, _ choice: Int) { set(.failed, place * choices + choice) }

  /// Notes that a way on has led to the end of the group, and where that was, if it matters.
  mutating func succeed(_ place: Int, _ choice: Int, end: Int?) {
    set(.succeeded, place * choices + choice)
    if let end { ends[place * choices + choice] = end }
  }

  private mutating func set(_ outcome: Outcome, _ index: Int) {
    bits[index / 4] |= outcome.rawValue << UInt8(index % 4 * 2)
  }
}
