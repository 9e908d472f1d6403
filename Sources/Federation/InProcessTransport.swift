/// A transport to clients in the same process, over real messages.
///
/// Every plan and every update is encoded, counted and decoded, so a simulation exchanges the bytes
/// that a network would.
public struct InProcessTransport<Client: ClientTrainer>: Transport {
  /// The clients, each at its number.
  public private(set) var clients: [Client]

  /// Creates a transport to `clients`, which are numbered from 0 in this order.
  public init(clients: [Client]) { self.clients = clients }

  /// Lets the client of `plan` work on it.
  ///
  /// - Throws: ``MessageError`` if a message cannot be read, and the client's own errors.
  public mutating func exchange(_ plan: RoundPlan) throws -> Reply {
    let down = plan.encoded()
    let received = try RoundPlan(decoding: down)
    guard clients.indices.contains(received.client) else {
      throw FederationError.notAParticipant(client: received.client, round: received.round)
    }
    let up = try clients[received.client].train(received).encoded()
    return Reply(
      update: try ClientUpdate(decoding: up),
      traffic: Traffic(bytesDown: down.count, bytesUp: up.count))
  }
}
