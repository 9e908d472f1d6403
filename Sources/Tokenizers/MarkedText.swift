// A text and the places in it where the names of special tokens mean the tokens.

/// A text, parts of which were written by a template and parts by somebody else.
///
/// A template's `<|im_end|>` ends a turn. In the words of a user it is ten characters. The text is
/// encoded as one all the same, since a word may begin in one part and end in another.
public struct MarkedText: Equatable, Sendable {
  /// The text.
  public private(set) var utf8: [UInt8] = []

  // Ranges of `utf8` where names of special tokens count: in order, neither empty nor touching.
  private var marked: [Range<Int>] = []

  /// Creates an empty text.
  public init() {}

  /// Creates a text in which all names of special tokens count or none do.
  public init(_ text: String, areMarks: Bool) { append(text, areMarks: areMarks) }

  /// Adds a part at the end.
  public mutating func append(_ text: String, areMarks: Bool) {
    let start = utf8.count
    utf8.append(contentsOf: text.utf8)
    guard areMarks, start < utf8.count else { return }
    if let last = marked.last, last.upperBound == start {
      marked[marked.count - 1] = last.lowerBound..<utf8.count
    } else {
      marked.append(start..<utf8.count)
    }
  }

  /// Adds another text at the end.
  public mutating func append(_ other: MarkedText) {
    for part in other.parts { append(part.text, areMarks: part.areMarks) }
  }

  /// The parts, in order: none is empty, and neighbours differ.
  public var parts: [(text: String, areMarks: Bool)] {
    var parts: [(text: String, areMarks: Bool)] = []
    var start = 0
    for range in marked + [utf8.count..<utf8.count] {
      if start < range.lowerBound { parts.append((text(in: start..<range.lowerBound), false)) }
      if !range.isEmpty { parts.append((text(in: range), true)) }
      start = range.upperBound
    }
    return parts
  }

  /// The text, for people.
  public var string: String { text(in: 0..<utf8.count) }

  private func text(in range: Range<Int>) -> String {
    String(decoding: utf8[range], as: UTF8.self)
  }

  /// The part of a text between two places, counted in bytes; neither may be inside of a character.
  public subscript(range: Range<Int>) -> MarkedText {
    var part = MarkedText()
    var start = range.lowerBound
    for mark in marked.map({ $0.clamped(to: range) }) where !mark.isEmpty {
      part.append(text(in: start..<mark.lowerBound), areMarks: false)
      part.append(text(in: mark), areMarks: true)
      start = mark.upperBound
    }
    part.append(text(in: start..<range.upperBound), areMarks: false)
    return part
  }

  /// Where `name` stands first at `start` or later, and counts as a special token.
  public func firstMark(_ name: String, from start: Int) -> Range<Int>? {
    let name = Array(name.utf8)
    guard let first = name.first else { return nil }
    for range in marked where range.upperBound > start {
      for place in max(range.lowerBound, start)..<max(range.lowerBound, start, range.upperBound)
      where utf8[place] == first && place + name.count <= range.upperBound
        && utf8[place..<place + name.count].elementsEqual(name)
      {
        return place..<place + name.count
      }
    }
    return nil
  }

  /// Whether names of special tokens count everywhere in a range.
  func areMarks(in range: Range<Int>) -> Bool {
    // The first range that ends behind the beginning.
    var (low, high) = (0, marked.count)
    while low < high {
      let middle = (low + high) / 2
      if marked[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    guard low < marked.count else { return false }
    return marked[low].lowerBound <= range.lowerBound && marked[low].upperBound >= range.upperBound
  }

  /// Whether names of special tokens count in a part of the text and not in another.
  var isMixed: Bool { !marked.isEmpty && marked != [0..<utf8.count] }
}
