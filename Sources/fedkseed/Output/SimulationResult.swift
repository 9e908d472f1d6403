internal import Federation
internal import FineTuning
internal import Reports

/// What a simulation came to: `results.json` and the output of `--json`.
struct SimulationResult: Encodable {
  /// A round, and what was measured after it.
  struct Round: Codable {
    let round: Int
    let participants: [ParticipantRecord]
    let trainingLoss: Double?
    let heldOutLoss: Double
    let bytesUp: Int
    let bytesDown: Int
    let seconds: Double
    let peakPrivateBytes: Int
    let peakMappedBytes: Int

    init(_ record: RoundRecord, heldOutLoss: Double, cost: RunCost) {
      round = record.round
      participants = record.participants
      trainingLoss = record.meanLoss
      self.heldOutLoss = heldOutLoss
      bytesUp = record.traffic.bytesUp
      bytesDown = record.traffic.bytesDown
      seconds = cost.seconds
      peakPrivateBytes = cost.peakPrivateBytes
      peakMappedBytes = cost.peakMappedBytes
    }

    /// The number of updates of all participants.
    var steps: Int { participants.reduce(0) { $0 + $1.steps } }

    /// One line for the person who waits.
    func line(of count: Int) -> String {
      let clients = participants.map { "\($0.client)" }.joined(separator: " ")
      return "round \(round + 1)/\(count)  held-out loss \(Quantity.loss.text(heldOutLoss))  "
        + "clients \(clients)  \(Quantity.seconds.text(seconds))"
    }
  }

  let settings: SettingsObject
  let rounds: [Round]
  let steps: Int
  let skippedSteps: Int
  let lossBefore: Double
  let lossAfter: Double
  let bytesUp: Int
  let bytesDown: Int
  let bytesUpPerClientAndRound: Int
  let bytesDownPerClientAndRound: Int
  let peakPrivateBytes: Int
  let peakMappedBytes: Int
  let seconds: Double
  let samples: [SampleAnswer]
  let kseed: String

  init(
    _ run: PreparedRun, lossBefore: Double, rounds: [Round], samples: [SampleAnswer],
    cost: RunCost, kseed: String
  ) {
    let participants = rounds.flatMap(\.participants)
    settings = SettingsObject(settings: run.settings)
    self.rounds = rounds
    steps = rounds.reduce(0) { $0 + $1.steps }
    skippedSteps = participants.reduce(0) { $0 + $1.skippedSteps }
    self.lossBefore = lossBefore
    lossAfter = rounds.last?.heldOutLoss ?? lossBefore
    bytesUp = rounds.reduce(0) { $0 + $1.bytesUp }
    bytesDown = rounds.reduce(0) { $0 + $1.bytesDown }
    bytesUpPerClientAndRound = participants.map(\.traffic.bytesUp).max() ?? 0
    bytesDownPerClientAndRound = participants.map(\.traffic.bytesDown).max() ?? 0
    peakPrivateBytes = cost.peakPrivateBytes
    peakMappedBytes = cost.peakMappedBytes
    seconds = cost.seconds
    self.samples = samples
    self.kseed = kseed
  }

  /// Prints what a person wants to know on standard output.
  func printSummary(_ folder: OutputFolder) {
    let up = Quantity.bytes.text(Double(bytesUpPerClientAndRound))
    let down = Quantity.bytes.text(Double(bytesDownPerClientAndRound))
    Output.printTable([
      ("held-out loss", lossChange(lossBefore, lossAfter)),
      ("steps", "\(steps) in \(rounds.count) rounds, \(skippedSteps) skipped"),
      ("traffic", "\(up) up, \(down) down at most, for each client and round"),
      ("peak memory", memoryText(peakPrivateBytes, peakMappedBytes)),
      ("time", Quantity.seconds.text(seconds)),
      ("seed checkpoint", kseed), ("report", folder.file(.report)),
    ])
    samples.printText()
  }
}

/// The loss before and after, in nats.
func lossChange(_ before: Double, _ after: Double) -> String {
  "\(Quantity.loss.text(before)) -> \(Quantity.loss.text(after)) nats"
}

/// The peak of memory, by who can have it back.
func memoryText(_ privateBytes: Int, _ mappedBytes: Int) -> String {
  let ours = Quantity.bytes.text(Double(privateBytes))
  return "\(ours) private, \(Quantity.bytes.text(Double(mappedBytes))) of mapped files"
}

extension [SampleAnswer] {
  /// Prints the answers on standard output.
  func printText() {
    for sample in self {
      print()
      let question = [sample.instruction, sample.context].filter { !$0.isEmpty }
      Output.printTable([
        ("instruction", question.joined(separator: " | ").oneLine),
        ("  expected", sample.expected.oneLine), ("  before", sample.before.oneLine),
        ("  after", sample.after.oneLine),
      ])
    }
  }
}

extension String {
  /// The text on one line that a terminal shows as it is.
  fileprivate var oneLine: String {
    String(map { $0.isNewline || $0.isASCII && $0.asciiValue ?? 32 < 32 ? " " : $0 })
  }
}
