/// The bytes that one exchange of messages took.
public struct Traffic: Codable, Equatable, Sendable {
  /// From the server to the client.
  public var bytesDown: Int
  /// From the client to the server.
  public var bytesUp: Int

  /// Creates a count.
  public init(bytesDown: Int, bytesUp: Int) {
    self.bytesDown = bytesDown
    self.bytesUp = bytesUp
  }
}

/// What one client did in a round.
public struct ParticipantRecord: Codable, Equatable, Sendable {
  /// The client's number.
  public let client: Int
  /// Its number of training examples.
  public let exampleCount: Int
  /// Its share in the average, in `0...1`.
  public let weight: Double
  /// The number of its steps that changed something; a step along n directions counts up to n times.
  public let steps: Int
  /// The number of steps that gave no finite update.
  public let skippedSteps: Int
  /// Its mean loss over the steps, in nats, or `nil` if it had none.
  public let meanLoss: Double?
  /// The bytes of its messages.
  public package(set) var traffic: Traffic
}

/// What happened in a round, complete: the updates rebuild the model from that of the round before.
public struct RoundRecord: Codable, Equatable, Sendable {
  /// The round, counted from 0.
  public let round: Int
  /// The clients that took part, in ascending order.
  public package(set) var participants: [ParticipantRecord]
  /// Their updates, in the same order.
  public let updates: [ClientUpdate]

  /// The mean loss over the participants, weighted like their updates, in nats.
  ///
  /// Clients without a single step do not count; `nil` if there are no others.
  public var meanLoss: Double? {
    let counted = participants.compactMap { client in client.meanLoss.map { (client.weight, $0) } }
    let weight = counted.reduce(0) { $0 + $1.0 }
    return counted.isEmpty ? nil : counted.reduce(0) { $0 + $1.0 * $1.1 } / weight
  }

  /// The bytes of all participants together.
  public var traffic: Traffic {
    participants.reduce(into: Traffic(bytesDown: 0, bytesUp: 0)) { sum, client in
      sum.bytesDown += client.traffic.bytesDown
      sum.bytesUp += client.traffic.bytesUp
    }
  }
}
