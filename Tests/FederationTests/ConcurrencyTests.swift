import Federation
import Foundation
import SeedBasis
import Synchronization
import Testing
import SeedDescent

@Suite("Clients side by side")
struct ConcurrencyTests {
  struct Failure: Error, Equatable { let client: Int }

  static func run(
    _ clients: [QuadraticClient], _ settings: FederationSettings, rounds: Int, concurrency: Int
  ) throws -> (FederationServer, [RoundRecord], InProcessTransport<QuadraticClient>) {
    var server = FederationServer(settings: settings)
    var transport = InProcessTransport(clients: clients, concurrency: concurrency)
    let records = try (0..<rounds).map { _ in try server.runRound(over: &transport) }
    return (server, records, transport)
  }

  @Test("the same bits come of one client at a time and of many", arguments: [2, 3, 7, 20])
  func sameBits(concurrency: Int) throws {
    let settings = try Example.settings(clients: 10, participation: 0.7, localSteps: 30)
    let clients = Example.clients(settings, tuner: try Example.tuner())
    let one = try Self.run(clients, settings, rounds: 4, concurrency: 1)
    let many = try Self.run(clients, settings, rounds: 4, concurrency: concurrency)
    #expect(one.0.coefficients == many.0.coefficients && one.1 == many.1)
    #expect(one.2.clients.map(\.sampler) == many.2.clients.map(\.sampler))
    #expect(one.2.clients.map(\.batches.upcoming) == many.2.clients.map(\.batches.upcoming))
  }

  @Test("as many clients are at work at once as asked for, and no more", arguments: [1, 2, 4])
  func limit(concurrency: Int) throws {
    let settings = try Example.settings(clients: 8, localSteps: 5)
    let counts = Mutex((now: 0, most: 0))
    let clients = Example.clients(settings, tuner: try Example.tuner()).map { client in
      var client = client
      client.onStep = { step in
        counts.withLock {
          if step.number == 0 { $0.now += 1 }
          $0.most = max($0.most, $0.now)
          if step.number == 4 { $0.now -= 1 }
        }
        Thread.sleep(forTimeInterval: 0.002)
      }
      return client
    }
    _ = try Self.run(clients, settings, rounds: 1, concurrency: concurrency)
    #expect(counts.withLock(\.most) == concurrency)
  }

  @Test(
    "the error of the first client that fails ends the round, which can be run again from where it was",
    arguments: [1, 2, 8])
  func failure(concurrency: Int) throws {
    let settings = try Example.settings(clients: 8, localSteps: 5)
    let isBroken = Mutex(true)
    let clients = Example.clients(settings, tuner: try Example.tuner()).map { client in
      var client = client
      client.onStep = { [id = client.id] step in
        guard [3, 4, 6].contains(id), step.number == 4, isBroken.withLock(\.self) else { return }
        // The one that counts is the last to fail.
        if id == 3 { Thread.sleep(forTimeInterval: 0.05) }
        throw Failure(client: id)
      }
      return client
    }
    var server = FederationServer(settings: settings)
    var transport = InProcessTransport(clients: clients, concurrency: concurrency)
    #expect(throws: Failure(client: 3)) { try server.runRound(over: &transport) }
    #expect(transport.clients.allSatisfy { $0.batches.upcoming == 0 && $0.sampler.position == 0 })
    #expect(server.round == 0 && server.coefficients == Coefficients(candidateCount: 16))

    isBroken.withLock { $0 = false }
    let record = try server.runRound(over: &transport)
    let whole = try Self.run(clients, settings, rounds: 1, concurrency: 1)
    #expect(record == whole.1[0] && server.coefficients == whole.0.coefficients)
  }
}
