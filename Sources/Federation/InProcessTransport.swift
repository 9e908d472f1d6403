/// A transport to clients in the same process, over real messages.
///
/// Every plan and every update is encoded, counted and decoded, so a simulation exchanges the bytes
/// that a network would. Several clients may work at once; nothing that comes of it depends on how
/// many.
public struct InProcessTransport<Client: ClientTrainer>: Transport {
  /// The clients, each at its number.
  public var clients: [Client]
  /// How many clients work at once, at least 1.
  public let concurrency: Int
  /// Creates a transport to `clients`, which are numbered from 0 in this order.
  public init(clients: [Client], concurrency: Int = 1) {
    precondition(concurrency >= 1, "\(concurrency) clients at once")
    self.clients = clients
    self.concurrency = concurrency
  }

  /// Lets the client of each plan work on it, each client on a thread of its own.
  ///
  /// - Throws: ``MessageError`` if a message cannot be read, and the clients' own errors; of several
  ///   the first in the order of the plans. All clients are then as they were before.
  public mutating func exchange(_ plans: [RoundPlan]) throws -> [Reply] {
    let clients = clients
    let exchanges = try Workers(count: concurrency).map(plans) {
      try Exchange($0, with: clients)
    }
    for exchange in exchanges { self.clients[exchange.id] = exchange.client }
    return exchanges.map(\.reply)
  }

  /// What comes of one plan: a reply, and the client as it is after it.
  private struct Exchange: Sendable {
    let id: Int
    let client: Client
    let reply: Reply

    init(_ plan: RoundPlan, with clients: [Client]) throws {
      let down = plan.encoded()
      let received = try RoundPlan(decoding: down)
      guard clients.indices.contains(received.client) else {
        throw FederationError.notAParticipant(client: received.client, round: received.round)
      }
      id = received.client
      var client = clients[id]
      let up = try client.train(received).encoded()
      self.client = client
      reply = Reply(
        update: try ClientUpdate(decoding: up),
        traffic: Traffic(bytesDown: down.count, bytesUp: up.count))
    }
  }
}
