internal import Bytes
internal import Datasets
internal import Federation
package import FineTuning
internal import Foundation
package import Reports
package import SeedBasis
package import Service
internal import SeedDescent
internal import Settings

/// A server between two rounds, and the name by which its clients know the run.
package struct RemoteFederationState: Sendable {
  /// The server.
  var server: ServerState
  /// The run.
  var run: String
}

/// In JSON the members of the server stand beside the run.
extension RemoteFederationState: Codable {
  private enum CodingKeys: CodingKey { case run }

  package func encode(to encoder: any Encoder) throws {
    try server.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(run, forKey: .run)
  }

  package init(from decoder: any Decoder) throws {
    server = try ServerState(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    run = try container.decode(String.self, forKey: .run)
    guard ServiceProtocol.isName(run) else {
      throw DecodingError.dataCorruptedError(
        forKey: .run, in: container, debugDescription: "'\(run)' is no name of a run")
    }
  }
}

extension RemoteFederationState: RunState {
  package static var period: String { RunKind.simulate.period }
  package var position: Int { server.round }
}

/// The rounds of a federation whose clients are elsewhere: what `fedkseed server` drives.
///
/// The same server as a ``Simulation`` has, and the same bits for the same clients.
package struct RemoteFederation<Carrier: RequestCarrier> {
  /// Who measures the held-out loss.
  package enum Evaluator: String, CaseIterable, Sendable {
    /// The server, on examples of its own.
    case server
    /// The clients, each on its own; the mean is by their numbers of examples.
    case clients
  }

  /// How a round is run.
  package struct Rules: Sendable {
    /// How many answers are enough for a round; `nil` for those of all participants.
    package var quorum: Int?
    /// How often a round is tried.
    package var attempts = 3
    /// Who measures the held-out loss.
    package var evaluator = Evaluator.clients

    /// Creates the default rules.
    package init() {}
  }

  /// The directions.
  package let basis: SeedBasis
  private let member: FederationMember
  private let rules: Rules
  private let note: @Sendable (String) -> Void
  private var server: FederationServer
  private var clients: RemoteClients<Carrier>

  /// Creates a federation before its first round.
  ///
  /// - Parameters:
  ///   - carrier: To the clients.
  ///   - note: Told in a sentence of what goes wrong without ending the run.
  /// - Throws: ``SettingsError`` that names the setting.
  package init(
    _ member: FederationMember, over carrier: Carrier, rules: Rules,
    note: @escaping @Sendable (String) -> Void
  ) throws {
    self.member = member
    self.rules = rules
    self.note = note
    basis = try member.run.method.makeBasis()
    server = FederationServer(
      settings: member.agreement,
      learningRate: try member.run.method.makeTuner(steps: member.steps).learningRate,
      secret: .random())
    let name = UUID().uuidString.filter(\.isHexDigit).prefix(12).lowercased()
    clients = RemoteClients(
      over: carrier, run: name, identity: try member.identity,
      clientCount: member.agreement.clientCount, note: note)
  }

  private mutating func meet() throws {
    for (client, known) in try clients.meet() where known != server.state.knownRounds?[client] {
      server.forget(client: client)
    }
  }

  /// Opens the round, and takes in the answers that there are.
  private mutating func collect() throws {
    try meet()
    for reply in try clients.exchange(server.beginRound(), privacy: server.privacyCost) {
      do { try server.receive(reply) } catch { note("refused: \(error)") }
    }
    clients.refusing.forEach { server.forget(client: $0) }
  }

  private mutating func runRound() throws -> RoundRecord {
    var attempt = 1
    while true {
      try collect()
      do { return try server.finishRound(quorum: rules.quorum) } catch let error
        as FederationError
      {
        guard attempt < rules.attempts else {
          throw RunError(
            "\(error); there were \(attempt) attempts. Go on with '--resume' when the clients are back"
          )
        }
        note("\(error); attempt \(attempt) of \(rules.attempts)")
      }
      attempt += 1
    }
  }
}

extension RemoteFederation: RunEngine {
  package var coefficients: Coefficients { server.coefficients }
  package var position: Int { server.round }
  package var partitionFile: String? { nil }

  package var state: RemoteFederationState {
    RemoteFederationState(server: server.state, run: clients.run)
  }

  package mutating func resume(
    at state: RemoteFederationState, after entries: [LoggedRound]
  ) throws {
    try state.server.check(fits: server)
    server = FederationServer(
      settings: server.settings, learningRate: server.learningRate, state: state.server)
    clients.run = state.run
  }

  package mutating func advance() throws -> LoggedRound {
    let record = try stopping { try $0.runRound() }
    return LoggedRound(
      record,
      by: ServerRule(
        member.agreement, round: record.round, noise: server.noise(of: record.round)),
      coefficientsSha256: coefficients.digest)
  }

  package var learningRate: Double {
    server.learningRate?.value(at: server.round * member.agreement.localSteps) ?? .nan
  }

  /// Clients measure on all of their own examples.
  package func score(of places: [Int], onProgress: (Int) -> Void) throws -> Score {
    guard rules.evaluator == .clients else {
      return try member.run.base.score(
        places, heldOutOf: member.run.data, at: coefficients, of: basis, onProgress: onProgress)
    }
    // What is forgotten of clients for a measurement is not forgotten for the next round.
    var copy = self
    return try copy.stopping { try $0.measure() }
  }

  private mutating func measure() throws -> Score {
    try meet()
    let present = clients.nodes.keys.sorted()
    let loss = HeldOutLoss.mean(of: try clients.evaluate(server.plans(for: present)))
    guard loss.examples > 0 else {
      throw RunError(
        "no client has measured the held-out loss: start the clients, or evaluate at the server by "
          + "'--data' and '--evaluator server'")
    }
    return Score(
      lossPerExample: loss.loss, lossPerToken: loss.lossPerToken, labelCount: loss.tokens)
  }

  /// Makes a wait that was cut short the wish to stop.
  private mutating func stopping<Result>(_ body: (inout Self) throws -> Result) throws -> Result {
    do { return try body(&self) } catch is Cancelled { throw Interrupted() }
  }

  package func describe(
    _ result: RunResult<LoggedRound>, of modelName: String, in report: inout RunReport
  ) {
    report.title = "FedKSeed on \(modelName)"
    report.summary = """
      Held-out loss: \(result.lossChange.typeset) in \(result.length) of \
      \(counted(member.agreement.clientCount, "client")).
      """
  }
}
