internal import Federation
internal import Foundation

/// A line of `rounds.jsonl`: a round, what was measured, and the messages that made the model.
struct LoggedRound: Codable {
  /// What happened, and the measurements.
  let summary: SimulationResult.Round
  /// The messages of the participants, in Base64.
  let updates: [ClientUpdate]
  /// The SHA-256 of A after the round, rounded to binary32 as in a seed checkpoint.
  let coefficientsSha256: String

  init(_ summary: SimulationResult.Round, _ updates: [ClientUpdate], coefficientsSha256: String) {
    self.summary = summary
    self.updates = updates
    self.coefficientsSha256 = coefficientsSha256
  }

  private enum CodingKeys: CodingKey {
    case updates, coefficientsSha256
  }

  func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(updates, forKey: .updates)
    try container.encode(coefficientsSha256, forKey: .coefficientsSha256)
  }

  init(from decoder: any Decoder) throws {
    summary = try SimulationResult.Round(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    updates = try container.decode([ClientUpdate].self, forKey: .updates)
    coefficientsSha256 = try container.decode(String.self, forKey: .coefficientsSha256)
  }
}

extension LoggedRound {
  /// Reads the lines of a log, all of them or the first that were saved.
  ///
  /// - Throws: ``InputError`` that names the file, the line and what is wrong.
  static func decode(_ lines: [Data], path: String) throws -> [LoggedRound] {
    try lines.enumerated().map { number, line in
      let place = "\(path), line \(number + 1)"
      let round = try Output.decode(LoggedRound.self, from: line, path: place)
      guard round.summary.round == number, round.isConsistent else {
        throw InputError(
          "\(place): the numbers do not fit the messages of round \(number): the log is damaged")
      }
      return round
    }
  }

  /// Reads the log at `path`; an unfinished last line does not count.
  static func read(path: String) throws -> [LoggedRound] {
    try decode(LineLog.lines(of: path), path: path)
  }

  /// Whether what the line says of the participants is what their messages say.
  private var isConsistent: Bool {
    let participants = summary.participants
    return !participants.isEmpty && participants.count == updates.count
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
