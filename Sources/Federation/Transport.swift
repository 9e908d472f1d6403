/// A client's answer as the server received it.
public struct Reply: Equatable, Sendable {
  /// The update.
  public let update: ClientUpdate
  /// The bytes of the plan and of the update.
  public let traffic: Traffic

  /// Creates a reply.
  public init(update: ClientUpdate, traffic: Traffic) {
    self.update = update
    self.traffic = traffic
  }
}

/// Carries a plan to its client and the update back.
public protocol Transport {
  /// Sends `plan` to the client it is for and returns the answer.
  mutating func exchange(_ plan: RoundPlan) throws -> Reply
}

extension FederationServer {
  /// Runs one round, clients one after the other in ascending order.
  ///
  /// - Throws: The first error of the transport or of the server. The round can be run again.
  public mutating func runRound(over transport: inout some Transport) throws -> RoundRecord {
    for plan in beginRound() { try receive(transport.exchange(plan)) }
    return try finishRound()
  }
}
