package import Federation

/// A client of a simulation between two rounds: some hundred bytes.
///
/// What it computes with is made when it takes part and forgotten afterwards, so that ten thousand
/// clients take the memory of those at work.
package struct SimulatedClient: ClientTrainer {
  /// Where it is in its random choices.
  package private(set) var state: ClientState
  /// A as it knows it, where rounds have windows.
  private(set) var known: KnownModel?
  private let id: Int
  private let make: @Sendable (Int) throws -> TuningClient

  /// Creates a client before its first round.
  ///
  /// - Parameter make: Returns the client of a number before its first round; shared by all clients.
  /// - Throws: The errors of `make`.
  init(id: Int, _ make: @escaping @Sendable (Int) throws -> TuningClient) throws {
    self.id = id
    self.make = make
    state = try make(id).state
  }

  package mutating func train(_ plan: RoundPlan) throws -> ClientUpdate {
    var client = try make(id)
    try client.resume(at: state, knowing: known)
    let update = try client.train(plan)
    (state, known) = (client.state, client.known)
    return update
  }

  /// Moves to a saved state.
  ///
  /// - Throws: `BatchStateError` if the state is that of other examples.
  mutating func resume(at state: ClientState, knowing known: KnownModel?) throws {
    var client = try make(id)
    try client.resume(at: state, knowing: known)
    (self.state, self.known) = (state, known)
  }

  /// Keeps what another client knows in place of its own, if they know the same: it is then in memory once.
  mutating func share(_ other: KnownModel?) {
    if known == other { known = other }
  }
}
