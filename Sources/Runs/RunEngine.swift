internal import Bytes
internal import Datasets
internal import Federation
package import FineTuning
package import Reports
package import SeedBasis

/// What a durable run drives, from one entry of its log to the next.
package protocol RunEngine {
  /// What must be saved to go on later with the same bits.
  associatedtype State: RunState
  /// What one advance leaves in the log.
  associatedtype Entry: LogEntry

  /// The directions.
  var basis: SeedBasis { get }
  /// The coordinates of the model.
  var coefficients: Coefficients { get }
  /// Where the engine is.
  var state: State { get }
  /// The number of entries it has done.
  var position: Int { get }
  /// Which examples each client has, as a file, if there are clients.
  var partitionFile: String? { get }
  /// Takes one step, or runs one round; if it fails, everything is as before it.
  mutating func advance() throws -> Entry
  /// Moves to a saved state.
  ///
  /// - Parameter entries: Those of the log before the state, in order.
  mutating func resume(at state: State, after entries: [Entry]) throws
  /// The learning rate of the next entry.
  var learningRate: Double { get }
  /// Returns the score of the model on the held-out examples at some places, at least one.
  ///
  /// - Parameter onProgress: Called with the number of examples that have been scored.
  func score(of places: [Int], onProgress: (Int) -> Void) throws -> Score
  /// Adds what only this kind of run has to the report of a result.
  func describe(_ result: RunResult<Entry>, of modelName: String, in report: inout RunReport)
}

extension Tuning: RunEngine {
  package var position: Int { stepCount }
  package var partitionFile: String? { nil }

  package mutating func advance() throws -> LoggedStep { LoggedStep(try step()) }

  package mutating func resume(at state: TuningState, after entries: [LoggedStep]) throws {
    try resume(at: state, after: entries.map(\.updates))
  }

  package func describe(
    _ result: RunResult<LoggedStep>, of modelName: String, in report: inout RunReport
  ) {
    report.title = "Tuning \(modelName)"
    report.summary = "Held-out loss: \(result.lossChange.typeset) in \(result.length)."
  }
}

extension Simulation: RunEngine {
  package var position: Int { round }
  package var partitionFile: String? { partition.json }

  package mutating func advance() throws -> LoggedRound {
    let record = try runRound()
    return LoggedRound(
      record, by: ServerRule(agreement, round: record.round, noise: noise(of: record.round)),
      coefficientsSha256: coefficients.digest)
  }

  package mutating func resume(at state: SimulationState, after entries: [LoggedRound]) throws {
    try resume(at: state)
  }

  package func describe(
    _ result: RunResult<LoggedRound>, of modelName: String, in report: inout RunReport
  ) {
    report.title = "FedKSeed on \(modelName)"
    report.summary = """
      Held-out loss: \(result.lossChange.typeset) in \(result.length) of \
      \(counted(partition.clients.count, "client")).
      """
    let summary = LoggedRound.summary(of: result.entries)
    report.figures.insert(
      contentsOf: [
        Figure(
          "traffic, per client and round",
          Quantity.bytes.text(Double(summary.bytesUpPerClientAndRound)) + " up",
          note: Quantity.bytes.text(Double(summary.bytesDownPerClientAndRound))
            + " down, both at most")
      ], at: report.figures.count - 2)
    report.clients = clients(in: result.entries.flatMap(\.summary.participants))
  }

  private func clients(in records: [ParticipantRecord]) -> [Client] {
    let records = Dictionary(grouping: records, by: \.client)
    return categoryCounts.enumerated().map { id, categories in
      var client = Client(name: "\(id)")
      client.categories = categories
      client.examples = categories.values.reduce(0, +)
      let records = records[id] ?? []
      client.rounds = records.count
      client.bytesUp = records.reduce(0) { $0 + $1.traffic.bytesUp }
      client.bytesDown = records.reduce(0) { $0 + $1.traffic.bytesDown }
      client.firstLoss = records.first?.meanLoss
      client.lastLoss = records.last?.meanLoss
      return client
    }
  }
}
