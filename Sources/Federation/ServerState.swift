/// A server between two rounds: all that ``FederationServer`` must save to go on with the same bits.
///
/// It says nothing of clients, which keep what is theirs, but what they know of A.
public struct ServerState: Equatable, Sendable {
  /// The number of rounds finished.
  public var round: Int
  /// A, and what is carried on.
  public var model: GlobalModel
  /// How large the scalars along each candidate have been; `nil` unless this is FedKSeed-Pro.
  public var significance: SeedSignificance?

  /// With windows: the round at whose start each client that has answered knows A.
  public var knownRounds: [Int: Int]?

  /// Where central noise, and who takes part, come from; `nil` without.
  public var secret: PrivacySecret?

  /// Creates a state after `round` rounds.
  public init(round: Int = 0, model: GlobalModel, significance: SeedSignificance? = nil) {
    self.round = round
    self.model = model
    self.significance = significance
  }
}

/// In JSON the members of the model stand beside the others.
extension ServerState: Codable {
  private enum CodingKeys: CodingKey {
    case round, significance, knownRounds, secret
  }

  /// Writes the state.
  public func encode(to encoder: any Encoder) throws {
    try model.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(round, forKey: .round)
    try container.encodeIfPresent(significance, forKey: .significance)
    try container.encodeIfPresent(knownRounds, forKey: .knownRounds)
    try container.encodeIfPresent(secret, forKey: .secret)
  }

  /// Reads a state; ``FederationServer`` checks whether it is one of its settings.
  public init(from decoder: any Decoder) throws {
    model = try GlobalModel(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    round = try container.decode(Int.self, forKey: .round)
    significance = try container.decodeIfPresent(SeedSignificance.self, forKey: .significance)
    knownRounds = try container.decodeIfPresent([Int: Int].self, forKey: .knownRounds)
    secret = try container.decodeIfPresent(PrivacySecret.self, forKey: .secret)
  }
}
