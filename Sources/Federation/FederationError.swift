/// The reason why a server or a client refuses a well-formed message.
public enum FederationError: Error, Equatable {
  /// An update came while no round was open.
  case noRoundOpen(client: Int)
  /// A client answered, or was asked, that has no part in the round.
  case notAParticipant(client: Int, round: Int)
  /// A client answered twice.
  case alreadyReported(client: Int, round: Int)
  /// A field does not have the value both sides must agree on.
  case disagreement(client: Int, field: String, found: String, expected: String)
  /// A step is not finite, or over the limit, or not along a candidate.
  case invalidStep(client: Int, step: Int, found: String, expected: String)
  /// The round cannot end, because these clients have not answered.
  case missingUpdates(round: Int, clients: [Int])
  /// A client's data came to an end.
  case outOfBatches(client: Int)
}

extension FederationError: CustomStringConvertible {
  /// One sentence: who, what is wrong, what to do.
  public var description: String {
    switch self {
    case .noRoundOpen(let client):
      "client \(client) sent an update, but no round is open; wait for a plan"
    case .notAParticipant(let client, let round):
      "client \(client) has no part in round \(round); wait for a plan"
    case .alreadyReported(let client, let round):
      "client \(client) has already sent its update for round \(round)"
    case .disagreement(let client, let field, let found, let expected):
      "client \(client): \(field) is \(found) in the message, but must be \(expected); "
        + "start both sides with the same settings"
    case .invalidStep(let client, let step, let found, let expected):
      "client \(client), step \(step): found \(found), expected \(expected)"
    case .missingUpdates(let round, let clients):
      "round \(round) still waits for the clients \(clients)"
    case .outOfBatches(let client):
      "client \(client) has no next batch; a client's batches must repeat without end"
    }
  }
}
