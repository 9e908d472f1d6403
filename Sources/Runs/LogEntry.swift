package import Federation
package import Reports
package import SeedDescent

/// A line of a run's log: a step of `tune` or a round of `simulate`.
package protocol LogEntry: Codable, Sendable {
  /// What the entries of a run come to together.
  associatedtype Summary: Encodable

  /// The kind of run that has such entries.
  static var kind: RunKind { get }
  /// The number of entries before it.
  var number: Int { get }
  /// The held-out loss after the entry, in nats, where it was measured.
  var heldOutLoss: Double? { get }
  /// The number of examples it was measured on, if not on all.
  var heldOutExamples: Int? { get }
  /// The mean loss of its training steps, in nats, as far as it is known.
  var trainingLoss: Double? { get }
  /// The bytes of its messages; 0 where nothing is sent.
  var traffic: Traffic { get }
  /// Who took part, in a word or two; empty where there are no clients.
  var participation: String { get }
  /// The number of its updates that moved the model.
  var updateCount: Int { get }
  /// What coefficients grew by, update by update.
  var records: [StepRecord] { get }
  /// The SHA-256 of A after the entry, where it is noted.
  var coefficientsSha256: String? { get }
  /// Whether what the entry says of itself fits together.
  var isConsistent: Bool { get }

  /// The same without what the coefficients grew by, which the log has: of a long run it is much.
  var withoutUpdates: Self { get }
  /// Notes what was measured after the entry, on how many examples if not on all, and what it cost.
  mutating func measure(heldOutLoss: Double, examples: Int?, cost: RunCost)
  /// Does again what the entry did to the model.
  func replay(_ replay: inout Replay) throws

  /// Returns what `entries` come to together.
  static func summary(of entries: [Self]) -> Summary
  /// Returns the curves of a run.
  ///
  /// - Parameter lossAfter: `nil` if the run is not finished.
  static func measurements(
    of entries: [Self], lossBefore: Double, lossAfter: Double?
  ) -> [Measurement]
}

/// A model on its way through the entries of a log.
package struct Replay {
  /// A, and what a server carries from one round to the next.
  package var model: GlobalModel
  /// The server's momentum where rounds do not say it, as those logged by early versions.
  var recordedMomentum = 0.0
  /// The client whose part is left out.
  var excluded: Int?
}
