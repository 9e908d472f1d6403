/// A client's answer as the server received it.
public struct Reply: Equatable, Sendable {
  /// The update.
  public let update: ClientUpdate
  /// The bytes of the plan and of the update.
  public let traffic: Traffic
  /// Whose update it is: of one client; or of several, if it is the sum of theirs, and of none else.
  public let clients: [Int]

  /// Creates a reply.
  ///
  /// - Parameter others: The clients whose updates are in the sum, beside that which it names.
  public init(update: ClientUpdate, traffic: Traffic, others: [Int] = []) {
    self.update = update
    self.traffic = traffic
    clients = [update.client] + others
  }
}

/// Carries plans to their clients and the updates back.
public protocol Transport {
  /// Sends each of `plans` to the client it is for and returns the answers, in any order.
  mutating func exchange(_ plans: [RoundPlan]) throws -> [Reply]
}

extension FederationServer {
  /// Runs one round.
  ///
  /// - Throws: The first error of the transport or of the server. The round can be run again.
  public mutating func runRound(over transport: inout some Transport) throws -> RoundRecord {
    for reply in try transport.exchange(beginRound()) { try receive(reply) }
    return try finishRound()
  }
}
