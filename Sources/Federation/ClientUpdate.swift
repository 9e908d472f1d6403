internal import Bytes
public import SeedDescent

/// What a client answers: the steps it took, and how much it weighs.
///
/// Encoded in `76 + 6·steps` bytes for K up to 65,536, and in at most `76 + 8·steps`. A step along
/// several directions is as many steps here.
public struct ClientUpdate: Equatable, Sendable {
  /// The settings that both sides must share.
  public let settings: SettingsDigest
  /// The round that is answered.
  public let round: Int
  /// The client that answers.
  public let client: Int
  /// K.
  public let candidateCount: Int
  /// The number of training examples the client has, its weight in the average; at least 1.
  public let exampleCount: Int
  /// How many of the n · τ directions gave no finite update.
  public let skippedCount: Int
  /// The mean loss over the steps, in nats, or `nil` if there are none.
  public let meanLoss: Float?
  /// The steps, in the order taken.
  public let steps: [StepRecord]

  /// Creates an update; all integers below 2³², every candidate below K.
  public init(
    settings: SettingsDigest, round: Int, client: Int, candidateCount: Int, exampleCount: Int,
    skippedCount: Int, meanLoss: Float?, steps: [StepRecord]
  ) {
    self.settings = settings
    self.round = round
    self.client = client
    self.candidateCount = candidateCount
    self.exampleCount = exampleCount
    self.skippedCount = skippedCount
    self.meanLoss = meanLoss
    self.steps = steps
  }

  /// Creates the answer to a plan.
  public init(to plan: RoundPlan, exampleCount: Int, history: StepHistory) {
    self.init(
      settings: plan.settings, round: plan.round, client: plan.client,
      candidateCount: plan.coefficients.count, exampleCount: exampleCount,
      skippedCount: history.skippedCount, meanLoss: history.meanLoss.map { Float($0) },
      steps: history.records)
  }

  /// Returns the message, as `Documentation/WireFormat.md` defines it.
  public func encoded() -> [UInt8] {
    let frame = MessageFrame(
      settings: settings, round: round, client: client, candidateCount: candidateCount)
    let width = Self.candidateByteCount(candidateCount)
    var writer = frame.writer(
      .clientUpdate,
      byteCount: Self.byteCount(stepCount: steps.count, candidateCount: candidateCount))
    writer.append(exampleCount, width: 4)
    writer.append(skippedCount, width: 4)
    writer.append(meanLoss ?? 0)
    writer.append(steps.count, width: 4)
    for step in steps {
      writer.append(step.candidate, width: width)
      writer.append(step.increment)
    }
    return writer.sealed()
  }

  /// Reads a message from an untrusted peer.
  ///
  /// - Throws: ``MessageError`` unless every byte is as `Documentation/WireFormat.md` demands.
  public init(decoding bytes: [UInt8]) throws(MessageError) {
    var (frame, body) = try MessageFrame.open(bytes, as: .clientUpdate)
    settings = frame.settings
    round = frame.round
    client = frame.client
    candidateCount = frame.candidateCount
    exampleCount = try body.readCount("example count")
    skippedCount = try body.readInteger(width: 4, "skipped count")
    let loss = try body.readFloat("mean loss")
    steps = try Self.readSteps(&body, candidateCount: frame.candidateCount)
    guard !steps.isEmpty || loss.bitPattern == 0 else {
      throw body.error("mean loss", back: 8, found: "\(loss)", expected: "0, without steps")
    }
    meanLoss = steps.isEmpty ? nil : loss
  }

  /// Returns the size of the message of so many steps along `candidateCount` candidates.
  public static func byteCount(stepCount: Int, candidateCount: Int) -> Int {
    MessageFrame.byteCount(body: 16 + stepByteCount(candidateCount) * stepCount)
  }

  /// The bytes that the steps take in the message.
  var stepsByteCount: Int { Self.stepByteCount(candidateCount) * steps.count }

  /// The bytes of a step: its candidate and its increment.
  private static func stepByteCount(_ candidateCount: Int) -> Int {
    candidateByteCount(candidateCount) + 4
  }

  /// The bytes of a candidate's number: the fewest that hold K − 1, but at least 2.
  static func candidateByteCount(_ candidateCount: Int) -> Int {
    switch candidateCount {
    case ...(1 << 16): 2
    case ...(1 << 24): 3
    default: 4
    }
  }

  private static func readSteps(
    _ body: inout MessageReader, candidateCount: Int
  ) throws(MessageError) -> [StepRecord] {
    let count = try body.readInteger(width: 4, "step count")
    let width = candidateByteCount(candidateCount)
    try body.requireRemaining((width + 4) * count, "steps")
    var steps: [StepRecord] = []
    steps.reserveCapacity(count)
    for step in 0..<count {
      let candidate = try body.readInteger(width: width, "candidate of step \(step)")
      guard candidate < candidateCount else {
        throw body.error(
          "candidate of step \(step)", back: width, found: "\(candidate)",
          expected: "a number below \(candidateCount)")
      }
      let increment = try body.readFloat("increment of step \(step)")
      steps.append(StepRecord(candidate: candidate, increment: increment))
    }
    return steps
  }
}
