public import Federation
internal import Settings

internal import Datasets
internal import SeedBasis
internal import SeedDescent

/// The clients of a simulated federation and how they work together.
public struct SimulationSettings: Equatable, Sendable {
  /// The number of clients N.
  public var clients = 8
  /// The share of the clients in a round, or from 2 on their number.
  public var participation = 1.0
  /// The number of rounds.
  public var rounds = 10
  /// The number of local steps τ of a client in a round.
  public var localSteps = 20
  /// How the training examples are divided, as ``Datasets/PartitionRule`` is written.
  public var partition = "by-category"
  /// β, how much of a round's movement goes on in the next; 0 for none.
  public var serverMomentum = 0.0
  /// The largest increment of a coefficient that the server accepts; `nil` for any finite number.
  public var incrementLimit: Float?
  /// The run stops after so many rounds without a lower held-out loss; `nil` for never.
  public var patience: Int?
  /// How many clients work at once; `nil` is as many as threads in virtual mode, else one.
  ///
  /// Results do not depend on it. In virtual mode a client at work takes activations and scratch,
  /// in dense mode a copy of the weights too.
  public var concurrentClients: Int?

  /// Creates the default settings.
  public init() {}
}

extension SimulationSettings {
  /// Returns what server and clients work by.
  ///
  /// - Parameters:
  ///   - method: How each client tunes.
  ///   - digest: That of all settings they share.
  /// - Throws: ``SettingsError`` or `PartitionError` for a setting outside its range.
  public func federation(
    of method: TuningSettings, digest: SettingsDigest
  ) throws -> FederationSettings {
    _ = try SettingsError.within(1...1 << 20, clients, .clients)
    _ = try SettingsError.within(1...1 << 20, rounds, .rounds)
    _ = try PartitionRule(parsing: partition)
    _ = try patience.map { try EarlyStopping(patience: $0) }
    return try FederationSettings(
      clientCount: clients, participation: Participation(participation),
      candidateCount: method.candidates, localSteps: localSteps, directions: method.directions,
      candidateRule: method.candidateRule,
      significance: method.method == .fedkseedPro ? method.significance : nil,
      momentum: serverMomentum, seed: method.seed, incrementLimit: incrementLimit, digest: digest)
  }

  /// Returns the number of steps that all clients take in a round.
  ///
  /// - Throws: ``SettingsError`` or `PartitionError` for all that can be checked without model and data.
  public func stepsPerRound(of method: TuningSettings) throws -> Int {
    try method.validate()
    let federation = try federation(of: method, digest: SettingsDigest(of: [:]))
    let steps = federation.participantCount * federation.localSteps
    guard !steps.multipliedReportingOverflow(by: rounds).overflow else {
      throw SettingsError(
        .rounds, found: "\(rounds)",
        expected: "so small that all steps of all clients are at most \(Int.max)")
    }
    return steps
  }
}
