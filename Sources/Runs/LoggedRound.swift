package import Federation
package import Reports
internal import SeedBasis
package import SeedDescent

/// A line of `rounds.jsonl`: a round, what was measured, and the messages that made the model.
package struct LoggedRound {
  /// What happened in a round, and what was measured after it.
  package struct Round: Codable, Sendable {
    package let round: Int
    package let participants: [ParticipantRecord]
    package let trainingLoss: Double?
    package fileprivate(set) var heldOutLoss: Double?
    package let bytesUp: Int
    package let bytesDown: Int
    package fileprivate(set) var seconds = 0.0
    package fileprivate(set) var peakPrivateBytes = 0
    package fileprivate(set) var peakMappedBytes = 0

    init(_ record: RoundRecord) {
      round = record.round
      participants = record.participants
      trainingLoss = record.meanLoss
      bytesUp = record.traffic.bytesUp
      bytesDown = record.traffic.bytesDown
    }

    /// The number of updates of all participants.
    package var steps: Int { participants.reduce(0) { $0 + $1.steps } }
  }

  /// What happened, and the measurements.
  package private(set) var summary: Round
  /// The messages of the participants, in Base64; none if they are forgotten.
  private(set) var updates: [ClientUpdate]
  /// What the server did; `nil` in logs of early versions, which have its momentum at most.
  let server: ServerRule?
  /// The server's momentum in logs of early versions; the first of them have it among the settings only.
  let serverMomentum: Double?
  package let coefficientsSha256: String?

  init(_ record: RoundRecord, by server: ServerRule, coefficientsSha256: String) {
    summary = Round(record)
    updates = record.updates
    self.server = server
    serverMomentum = nil
    self.coefficientsSha256 = coefficientsSha256
  }
}

extension LoggedRound: Codable {
  private enum CodingKeys: CodingKey {
    case updates, server, serverMomentum, coefficientsSha256
  }

  package func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(updates, forKey: .updates)
    try container.encodeIfPresent(server, forKey: .server)
    try container.encodeIfPresent(serverMomentum, forKey: .serverMomentum)
    try container.encodeIfPresent(coefficientsSha256, forKey: .coefficientsSha256)
  }

  package init(from decoder: any Decoder) throws {
    summary = try Round(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    updates = try container.decode([ClientUpdate].self, forKey: .updates)
    server = try container.decodeIfPresent(ServerRule.self, forKey: .server)
    serverMomentum = try container.decodeIfPresent(Double.self, forKey: .serverMomentum)
    coefficientsSha256 = try container.decode(String.self, forKey: .coefficientsSha256)
  }
}

extension LoggedRound: LogEntry {
  package static var kind: RunKind { .simulate }
  package var number: Int { summary.round }
  package var heldOutLoss: Double? { summary.heldOutLoss }
  package var heldOutExamples: Int? { nil }
  package var updateCount: Int { summary.steps }
  package var records: [StepRecord] { updates.flatMap(\.update.records) }

  package var trainingLoss: Double? { summary.trainingLoss }
  package var traffic: Traffic {
    Traffic(bytesDown: summary.bytesDown, bytesUp: summary.bytesUp)
  }

  /// The numbers of the clients, or how many there are if these are many.
  package var participation: String {
    let clients = summary.participants.map { "\($0.client)" }
    return clients.count > 8
      ? "\(clients.count) clients" : "clients " + clients.joined(separator: " ")
  }

  package var withoutUpdates: LoggedRound {
    var round = self
    round.updates = []
    return round
  }

  package mutating func measure(heldOutLoss: Double, examples: Int?, cost: RunCost) {
    summary.heldOutLoss = heldOutLoss
    summary.seconds = cost.seconds
    summary.peakPrivateBytes = cost.peakPrivateBytes
    summary.peakMappedBytes = cost.peakMappedBytes
  }

  package func replay(_ replay: inout Replay) throws {
    let count = replay.model.coefficients.count
    for update in updates where update.candidateCount != count {
      throw RunError(
        "round \(number) has \(update.candidateCount) candidates, the seed checkpoint \(count)")
    }
    let rule = server ?? ServerRule(momentum: serverMomentum ?? replay.recordedMomentum)
    if replay.excluded != nil, rule.mayLackClients, updates.contains(where: { $0.exampleCount > 1 })
    {
      throw RunError(
        "round \(number) has the sum of several clients' updates: none can be left out")
    }
    guard rule.isValid(candidateCount: count) else {
      throw RunError("round \(number) has a server's rule that \(count) candidates cannot have")
    }
    try rule.aggregator.merge(updates, into: &replay.model, without: replay.excluded)
  }

  /// Whether what the line says of the participants is what their messages say.
  package var isConsistent: Bool {
    let participants = summary.participants
    return (!participants.isEmpty || server?.mayLackClients == true)
      && participants.count == updates.count && heldOutLoss != nil
      && (server?.isValid(candidateCount: updates.first?.candidateCount)
        ?? (0..<1).contains(serverMomentum ?? 0))
      && zip(participants, updates).allSatisfy { participant, update in
        participant.client == update.client && update.round == summary.round
          && participant.exampleCount == update.exampleCount
          && participant.steps == update.stepCount
          && participant.skippedSteps == update.skippedCount
          && (0...Self.byteLimit).contains(participant.traffic.bytesUp)
          && (0...Self.byteLimit).contains(participant.traffic.bytesDown)
      }
      && summary.bytesUp == participants.reduce(0) { $0 + $1.traffic.bytesUp }
      && summary.bytesDown == participants.reduce(0) { $0 + $1.traffic.bytesDown }
  }

  /// More than a message can have.
  private static let byteLimit = 1 << 40
}

// What a simulation comes to.

extension LoggedRound {
  /// The part of the results that only `simulate` has.
  package struct Summary: Encodable {
    package let rounds: [Round]
    package let steps: Int
    package let skippedSteps: Int
    let bytesUp: Int
    let bytesDown: Int
    package let bytesUpPerClientAndRound: Int
    package let bytesDownPerClientAndRound: Int
  }

  package static func summary(of entries: [LoggedRound]) -> Summary {
    let rounds = entries.map(\.summary)
    let participants = rounds.flatMap(\.participants)
    return Summary(
      rounds: rounds, steps: rounds.reduce(0) { $0 + $1.steps },
      skippedSteps: participants.reduce(0) { $0 + $1.skippedSteps },
      bytesUp: rounds.reduce(0) { $0 + $1.bytesUp },
      bytesDown: rounds.reduce(0) { $0 + $1.bytesDown },
      bytesUpPerClientAndRound: participants.map(\.traffic.bytesUp).max() ?? 0,
      bytesDownPerClientAndRound: participants.map(\.traffic.bytesDown).max() ?? 0)
  }

  /// Returns the curves: the held-out loss before the first round, and everything after each.
  package static func measurements(
    of entries: [LoggedRound], lossBefore: Double, lossAfter: Double?
  ) -> [Measurement] {
    var start = Measurement(period: 0)
    start.heldOutLoss = lossBefore
    return [start] + entries.map(\.summary.measurement)
  }
}

extension LoggedRound.Round {
  fileprivate var measurement: Measurement {
    var point = Measurement(period: round + 1)
    point.heldOutLoss = heldOutLoss
    point.trainingLoss = trainingLoss
    point.clientLosses = participants.compactMap { client in
      client.meanLoss.map { ClientLoss(client: "\(client.client)", loss: $0) }
    }
    point.bytesUp = bytesUp
    point.bytesDown = bytesDown
    point.seconds = seconds
    point.privateBytes = peakPrivateBytes
    point.mappedBytes = peakMappedBytes
    return point
  }
}
