public import Datasets
public import Federation
public import SeedBasis
public import SeedDescent

// What a run must save to go on later with the same bits as if it had not stopped. Anything new that
// survives from one step or round to the next gets a property here.

/// Where a client is in its random choices.
public struct ClientState: Codable, Equatable, Sendable {
  /// How many random numbers the choice of candidates has used.
  public var samplerPosition: UInt64
  /// The next batch.
  public var batches: BatchIterator.State
  /// With windows: the round at whose start the client knows A.
  public var knownRound: Int?

  /// What the client knows if its A was `coefficients`; `nil` without windows.
  func known(_ coefficients: [Float]) -> KnownModel? {
    knownRound.map { KnownModel(coefficients: coefficients, round: $0) }
  }
}

/// A ``Simulation`` between two rounds: its server's state and each client's own.
public struct SimulationState: Equatable, Sendable {
  /// The server.
  public var server: ServerState
  /// The clients, at their numbers.
  public var clients: [ClientState]
}

/// In JSON the members of the server stand beside the clients.
extension SimulationState: Codable {
  private enum CodingKeys: CodingKey {
    case clients
  }

  /// Writes the state.
  public func encode(to encoder: any Encoder) throws {
    try server.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(clients, forKey: .clients)
  }

  /// Reads a state, which ``Simulation/resume(at:)`` checks.
  public init(from decoder: any Decoder) throws {
    server = try ServerState(from: decoder)
    clients = try decoder.container(keyedBy: CodingKeys.self)
      .decode([ClientState].self, forKey: .clients)
  }
}

extension ServerState {
  /// Checks that `server` can go on from this state.
  package func check(fits server: FederationServer) throws(StateError) {
    let count = server.coefficients.count
    try StateError.check("coefficients", model.coefficients.count, count)
    try StateError.check("velocity", model.velocity?.count ?? count, count)
    try StateError.check("second moment", model.secondMoment?.count ?? count, count)
    try StateError.check("remainder", model.remainder?.count ?? count, count)
    try StateError.check(
      "significance", significance?.counts.count, server.state.significance?.counts.count)
    try StateError.check("secret of the noise", secret == nil, server.state.secret == nil)
    try StateError.check("round", round, atMost: Int(Int32.max))
    for known in (knownRounds ?? [:]).values {
      try StateError.check("known round", known, atMost: round)
    }
  }
}

/// A ``Tuning`` between two steps.
public struct TuningState: Codable, Equatable, Sendable {
  /// The number of steps done, those that were skipped among them.
  public var step: Int
  /// A, in the precision of the steps.
  public var coefficients: Coefficients
  /// The place in the data and in the choice of candidates.
  public var client: ClientState
  /// What the optimiser carries on; `nil` where steps are of zeroth order.
  public var optimizer: OptimizerState?
}

extension OptimizerState {
  /// Checks that a run of `count` coefficients that takes its steps by `optimizer` can have left this
  /// state after `steps` steps.
  func check(
    fits optimizer: Optimizer, coefficients count: Int, steps: Int
  ) throws(StateError) {
    try StateError.check("optimizer steps", step, steps)
    let expected = step == 0 ? (0, 0) : optimizer.momentCounts(coefficients: count)
    try StateError.check("first moments", first.count, expected.0)
    try StateError.check("second moments", second.count, expected.1)
  }
}

/// A saved state that does not belong to the run that was asked to go on from it.
public struct StateError: Error, Equatable, CustomStringConvertible {
  /// What of the state.
  public let place: String
  /// The value found.
  public let found: String
  /// The value the run needs.
  public let expected: String

  /// What is wrong and what to do about it.
  public var description: String {
    """
    the saved state does not fit the run: \(place): found \(found), expected \(expected); resume \
    with the model, the data and the settings it was saved with
    """
  }

  /// Creates an error.
  package init(place: String, found: String, expected: String) {
    (self.place, self.found, self.expected) = (place, found, expected)
  }

  static func check<Value: Equatable>(
    _ place: String, _ found: Value, _ expected: Value
  ) throws(StateError) {
    guard found == expected else {
      throw StateError(place: place, found: "\(found)", expected: "\(expected)")
    }
  }

  static func check(_ place: String, _ count: Int, atMost limit: Int) throws(StateError) {
    guard (0...limit).contains(count) else {
      throw StateError(place: place, found: "\(count)", expected: "a number from 0 to \(limit)")
    }
  }
}
