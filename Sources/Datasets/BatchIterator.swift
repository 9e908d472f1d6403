import CounterRandom

/// The order in which a client visits its examples, round after round.
///
/// Each pass over the examples, an epoch, is shuffled anew. The order is a function of the data
/// seed, the client and the epoch alone: never of a perturbation's seed, which would repeat it
/// with the direction and share it between clients.
///
///     var batches = BatchIterator(exampleCount: 90, batchSize: 4, seed: 1, client: 7)
///     let batch = batches.next()  // positions in the client's list of examples
///
/// With strata, those of each are spread evenly over the epoch, so that every batch has nearly the same
/// shares of them. The loss of a batch then differs less from that of all examples.
///
/// Save ``state`` to go on later with the next batch.
public struct BatchIterator: Equatable, Sendable {
  /// Where an iterator is in its endless sequence of batches.
  public struct State: Codable, Equatable, Sendable {
    /// The number of complete passes, modulo 2³².
    public var epoch: UInt32
    /// The number of examples visited in this pass.
    public var offset: Int

    /// Creates a state; the first batch has epoch 0 and offset 0.
    public init(epoch: UInt32 = 0, offset: Int = 0) {
      self.epoch = epoch
      self.offset = offset
    }
  }

  /// The position of the next batch.
  public private(set) var state = State()

  /// The number of examples in a batch; the last of an epoch may have fewer.
  public let batchSize: Int

  private let seed: UInt64
  private let client: UInt32
  /// The positions of each stratum's examples; one stratum if they are not told apart.
  private let strata: [[Int]]
  private var order: [Int]

  /// Creates an iterator at its first batch.
  ///
  /// - Parameters:
  ///   - exampleCount: The number of the client's examples; positive.
  ///   - batchSize: Positive.
  ///   - seed: The run's seed of the data order.
  ///   - client: The number of the client.
  ///   - strata: What each example is of, such as its category; `nil` if it does not matter.
  public init(
    exampleCount: Int, batchSize: Int, seed: UInt64, client: UInt32, strata: [String]? = nil
  ) {
    precondition(strata?.count ?? exampleCount == exampleCount, "a stratum for each example")
    precondition(
      exampleCount > 0 && batchSize > 0,
      "batches of \(batchSize) of \(exampleCount) examples: both must be positive")
    self.batchSize = batchSize
    self.seed = seed
    self.client = client
    order = Array(0..<exampleCount)
    self.strata = strata.map { Self.positions(of: $0) } ?? [order]
    shuffle()
  }

  private static func positions(of strata: [String]) -> [[Int]] {
    Dictionary(grouping: strata.indices) { strata[$0] }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Moves to a saved state.
  ///
  /// - Throws: ``BatchStateError`` if the state is that of another list of examples.
  public mutating func resume(at state: State) throws(BatchStateError) {
    guard (0...order.count).contains(state.offset) else {
      throw BatchStateError(offset: state.offset, exampleCount: order.count)
    }
    self.state = state
    shuffle()
  }

  /// Returns the positions of the next batch's examples, different from each other.
  ///
  /// - Complexity: O(batch size), and O(examples) once per epoch.
  public mutating func next() -> [Int] {
    if state.offset == order.count {
      state = State(epoch: state.epoch &+ 1)
      shuffle()
    }
    let end = min(order.count, state.offset + min(batchSize, order.count))
    defer { state.offset = end }
    return Array(order[state.offset..<end])
  }

  /// Puts the order of the state's epoch in place.
  private mutating func shuffle() {
    var stream = RandomStream(seed: seed, tag: .dataOrder, a: client, b: state.epoch)
    guard strata.count > 1 else { return order = stream.shuffled(order.indices) }
    // Example i of a stratum of n stands at (i + u) / n of the epoch, with one u for the stratum.
    let places = strata.flatMap { positions in
      let start = stream.uniform()
      return stream.shuffled(positions.indices).enumerated().map { rank, index in
        (place: (Double(rank) + start) / Double(positions.count), position: positions[index])
      }
    }
    order = places.sorted { ($0.place, $0.position) < ($1.place, $1.position) }.map(\.position)
  }
}

/// A saved state that lies outside of a client's examples.
public struct BatchStateError: Error, Equatable, CustomStringConvertible {
  /// The offset of the state.
  public let offset: Int

  /// The number of examples the client has.
  public let exampleCount: Int

  /// What is wrong and what to do about it.
  public var description: String {
    """
    the saved data order is at example \(offset), but the client has \(exampleCount); resume with \
    the data and the partition of the saved run
    """
  }
}
