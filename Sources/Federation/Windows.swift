internal import Bytes
internal import CounterRandom

// A federation may have more directions than a round can pay for. Then each round moves the coefficients of
// one window only, and over the rounds all of them have their turn.

/// Which windows of A a plan has, and what its receiver must know already.
public struct SentWindows: Equatable, Sendable {
  /// W, the number of coefficients of a window, at least 1; K is a multiple of it.
  public let size: Int
  /// The round at whose start the receiver knows A; that of round 0, which is 0, everybody does.
  public let since: Int
  /// The windows, ascending: number i is of the coefficients from i · W on.
  public let numbers: [Int]

  /// Creates the list.
  public init(size: Int, since: Int, numbers: [Int]) {
    self.size = size
    self.since = since
    self.numbers = numbers
  }

  /// The number of coefficients of each window that is sent.
  var partSizes: [Int] { [Int](repeating: size, count: numbers.count) }
}

/// A as a client knows it from an earlier round.
public struct KnownModel: Equatable, Sendable {
  /// A at the start of ``round``, shape `(K)`.
  public var coefficients: [Float]
  /// The round.
  public var round: Int

  /// Creates what a client knows.
  public init(coefficients: [Float], round: Int) {
    self.coefficients = coefficients
    self.round = round
  }
}

extension FederationSettings {
  /// The candidates whose coefficients move in a round; all K without windows.
  ///
  /// Every K / W rounds each window has one turn, in an order that the seed and the number of the pass
  /// choose.
  public func window(of round: Int) -> Range<Int> {
    guard let windowSize else { return 0..<candidateCount }
    let count = candidateCount / windowSize
    var stream = RandomStream(seed: seed, tag: .windowOrder, b: UInt32(round / count))
    let start = stream.shuffled(0..<count)[round % count] * windowSize
    return start..<start + windowSize
  }

  /// Returns the windows to be sent at the start of `round` to a client that knows A at the start of
  /// round `known`, or nothing: those that moved since; `nil` without windows.
  ///
  /// - Complexity: O(K / W) for each round between, at most 2 · K / W of them.
  package func sentWindows(at round: Int, known: Int?) -> SentWindows? {
    guard let windowSize else { return nil }
    let since = known ?? 0
    // Twice as many rounds as windows have a whole pass among them, in which all move.
    let first = max(since, round - 2 * candidateCount / windowSize)
    let moved = Set((first..<round).map { window(of: $0).lowerBound / windowSize })
    return SentWindows(size: windowSize, since: since, numbers: moved.sorted())
  }
}

extension RoundPlan {
  /// Returns A at the start of the round, shape `(K)`.
  ///
  /// - Throws: ``FederationError`` if the plan has only what changed since a round that `known` is not of.
  public func model(knowing known: KnownModel?) throws(FederationError) -> [Float] {
    guard let windows else { return coefficients }
    var model = [Float](repeating: 0, count: candidateCount)
    if windows.since > 0 {
      guard let known, known.round == windows.since, known.coefficients.count == candidateCount
      else {
        throw .disagreement(
          client: client, field: "round since which windows are sent", found: "\(windows.since)",
          expected: "\(known?.round ?? 0), of which the client knows the model")
      }
      model = known.coefficients
    }
    for (place, number) in windows.numbers.enumerated() {
      let values = coefficients[place * windows.size..<(place + 1) * windows.size]
      model.replaceSubrange(number * windows.size..<(number + 1) * windows.size, with: values)
    }
    return model
  }
}

extension Array {
  /// Returns the elements of the windows of `size` elements with these numbers, one after the other.
  func windows(_ numbers: [Int], size: Int) -> [Element] {
    numbers.flatMap { self[$0 * size..<($0 + 1) * size] }
  }

  /// Returns consecutive parts of `size` elements each, which divides their number.
  func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<$0 + size]) }
  }
}

extension SentWindows {
  /// Writes the list: W, the round at whose start the receiver must know A, and the numbers.
  func write(to writer: inout ByteWriter) {
    writer.append(size, width: 4)
    writer.append(since, width: 4)
    writer.append(numbers.count, width: 4)
    for number in numbers { writer.append(number, width: 4) }
  }

  /// Reads a list.
  ///
  /// - Throws: ``MessageError`` unless its windows are some of those of K candidates, ascending.
  init(_ body: inout MessageReader, candidateCount: Int) throws(MessageError) {
    size = try body.readCount("window size")
    guard candidateCount % size == 0 else {
      throw body.error(
        "window size", back: 4, found: "\(size)", expected: "a divisor of \(candidateCount)")
    }
    since = try body.readInteger(width: 4, "known round")
    numbers = try Self.readNumbers(&body, below: candidateCount / size)
  }

  private static func readNumbers(
    _ body: inout MessageReader, below limit: Int
  ) throws(MessageError) -> [Int] {
    let count = try body.readInteger(width: 4, "number of windows")
    guard count <= limit else {
      throw body.error(
        "number of windows", back: 4, found: "\(count)", expected: "at most \(limit)")
    }
    var numbers: [Int] = []
    for index in 0..<count {
      let number = try body.readInteger(width: 4, "window \(index)")
      guard number < limit, number > numbers.last ?? -1 else {
        throw body.error(
          "window \(index)", back: 4, found: "\(number)",
          expected: "one above the last and below \(limit)")
      }
      numbers.append(number)
    }
    return numbers
  }
}
