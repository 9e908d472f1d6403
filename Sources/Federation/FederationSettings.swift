public import ZerothOrder

/// The settings of a federation.
public struct FederationSettings: Equatable, Sendable {
  /// N, the number of clients; they are numbered from 0.
  public let clientCount: Int
  /// The number of clients in a round, at least 1.
  public let participantCount: Int
  /// K, the number of candidate directions.
  public let candidateCount: Int
  /// τ, the steps of a client in a round.
  public let localSteps: Int
  /// The seed of all random choices but the directions.
  public let seed: UInt64
  /// The largest `|η · g|` a server accepts, or `nil` for any finite number.
  public let incrementLimit: Float?
  /// Stands for all settings that both sides must share, also those this type does not know.
  public let digest: SettingsDigest

  /// Creates the settings.
  ///
  /// - Parameters:
  ///   - clientCount: N, from 1.
  ///   - participation: The share or number of clients in a round.
  ///   - candidateCount: K, from 1.
  ///   - localSteps: τ, from 1.
  ///   - seed: The seed of client sampling and candidate choice.
  ///   - incrementLimit: The largest `|η · g|` accepted; positive.
  ///   - digest: The digest of the run's settings.
  /// - Throws: ``SettingsError`` for a setting outside its range.
  public init(
    clientCount: Int, participation: Participation = .all, candidateCount: Int, localSteps: Int,
    seed: UInt64, incrementLimit: Float? = nil, digest: SettingsDigest
  ) throws(SettingsError) {
    // The limits are those of the messages. With them `round · localSteps` cannot overflow.
    let range = 1...Int(Int32.max)
    self.clientCount = try SettingsError.within(range, clientCount, "clientCount")
    participantCount = try participation.participantCount(of: clientCount)
    self.candidateCount = try SettingsError.within(range, candidateCount, "candidateCount")
    self.localSteps = try SettingsError.within(range, localSteps, "localSteps")
    if let incrementLimit { _ = try SettingsError.positive(incrementLimit, "incrementLimit") }
    self.incrementLimit = incrementLimit
    self.seed = seed
    self.digest = digest
  }
}
