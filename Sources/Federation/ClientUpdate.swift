internal import Bytes
public import SeedDescent

/// What a client answers: the steps it took, and how much it weighs.
///
/// Pairs take `76 + 6·steps` bytes for K up to 65,536, and at most `76 + 8·steps`; a step along
/// several directions is as many steps here. Increments of all K take `80 + 2·K` bytes in 16 bits and
/// `76 + 4·K` in 32, whatever the number of steps.
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
  /// The mean loss over the steps, in nats, or `nil` if there are none or it is not told.
  public let meanLoss: Float?
  /// What the steps changed.
  public let content: Content

  /// What steps changed, as it is sent.
  public enum Content: Equatable, Sendable {
    /// The increment of one coefficient in each step, in the order taken.
    case pairs([StepRecord])
    /// The sum of the increments of each coefficient, shape `(K)`, over so many steps, at least 1.
    ///
    /// With a window they are those of the candidates in it, and all others 0.
    case all(SentCoefficients, stepCount: Int, window: Range<Int>? = nil)
  }

  /// Creates an update; all integers below 2³², every candidate below K.
  public init(
    settings: SettingsDigest, round: Int, client: Int, candidateCount: Int, exampleCount: Int,
    skippedCount: Int, meanLoss: Float?, content: Content
  ) {
    self.settings = settings
    self.round = round
    self.client = client
    self.candidateCount = candidateCount
    self.exampleCount = exampleCount
    self.skippedCount = skippedCount
    self.meanLoss = meanLoss
    self.content = content
  }

  /// Creates an update of pairs; all integers below 2³², every candidate below K.
  public init(
    settings: SettingsDigest, round: Int, client: Int, candidateCount: Int, exampleCount: Int,
    skippedCount: Int, meanLoss: Float?, steps: [StepRecord]
  ) {
    self.init(
      settings: settings, round: round, client: client, candidateCount: candidateCount,
      exampleCount: exampleCount, skippedCount: skippedCount, meanLoss: meanLoss,
      content: .pairs(steps))
  }

  /// What the coefficients grew by, as it is received.
  public var update: StepUpdate {
    switch content {
    case .pairs(let steps): .pairs(steps)
    case .all(let increments, _, nil): .all(increments.values)
    case .all(let increments, _, let window?):
      .all(increments.values.padded(to: candidateCount, from: window.lowerBound))
    }
  }

  /// The number of steps that changed something; a step along n directions counts up to n times.
  public var stepCount: Int {
    switch content {
    case .pairs(let steps): steps.count
    case .all(_, let count, _): count
    }
  }

  /// Returns the message, as `Documentation/WireFormat.md` defines it.
  public func encoded() -> [UInt8] {
    let frame = MessageFrame(
      settings: settings, round: round, client: client, candidateCount: candidateCount,
      flags: flags)
    var writer = frame.writer(
      .clientUpdate, byteCount: MessageFrame.byteCount(body: 16 + contentByteCount))
    writer.append(exampleCount, width: 4)
    writer.append(skippedCount, width: 4)
    writer.append(meanLoss ?? 0)
    writer.append(stepCount, width: 4)
    switch content {
    case .pairs(let steps): write(steps, to: &writer)
    case .all(let increments, _, let window):
      if let window {
        writer.append(window.lowerBound, width: 4)
        writer.append(window.count, width: 4)
      }
      increments.write(to: &writer)
    }
    return writer.sealed()
  }

  private var flags: MessageFlags {
    switch content {
    case .pairs: []
    case .all(let increments, _, let window):
      increments.flags.union(window == nil ? [] : .windows)
        .union(meanLoss == nil ? .withheld : [])
    }
  }

  private func write(_ steps: [StepRecord], to writer: inout ByteWriter) {
    let width = Self.candidateByteCount(candidateCount)
    for step in steps {
      writer.append(step.candidate, width: width)
      writer.append(step.increment)
    }
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
    content = try Self.readContent(&body, frame)
    let isLoss = content != .pairs([]) && !frame.flags.contains(.withheld)
    guard isLoss || loss.bitPattern == 0 else {
      throw body.error(
        "mean loss", back: 8, found: "\(loss)", expected: "0, without steps or where it is withheld"
      )
    }
    meanLoss = isLoss ? loss : nil
  }

  /// Returns the size of the message of so many steps along `candidateCount` candidates.
  public static func byteCount(stepCount: Int, candidateCount: Int) -> Int {
    MessageFrame.byteCount(body: 16 + stepByteCount(candidateCount) * stepCount)
  }

  /// The bytes that ``content`` takes in the message.
  package var contentByteCount: Int {
    switch content {
    case .pairs(let steps): Self.stepByteCount(candidateCount) * steps.count
    case .all(let increments, _, let window):
      SentCoefficients.byteCount(window?.count ?? candidateCount, in: increments.precision)
        + (window == nil ? 0 : 8)
    }
  }

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

  private static func readContent(
    _ body: inout MessageReader, _ frame: MessageFrame
  ) throws(MessageError) -> Content {
    let precision: CoefficientPrecision
    switch frame.flags.subtracting([.windows, .withheld]) {
    case [] where frame.flags.isEmpty:
      return .pairs(try readSteps(&body, candidateCount: frame.candidateCount))
    case .scaledIntegers: precision = .integer16
    case .allCoefficients: precision = .binary32
    default:
      throw MessageError(
        message: .clientUpdate, offset: MessageFrame.flagsOffset, field: "flags",
        found: "\(frame.flags.rawValue)",
        expected: "increments of one kind: 0, 2, 4, 10 or 12, or 16 more but for 0")
    }
    let stepCount = try body.readCount("step count")
    let window = frame.flags.contains(.windows) ? try readWindow(&body, frame) : nil
    let count = window?.count ?? frame.candidateCount
    try body.requireRemaining(SentCoefficients.byteCount(count, in: precision), "increments")
    let increments = try SentCoefficients(&body, count: count, in: precision, field: "increment")
    return .all(increments, stepCount: stepCount, window: window)
  }

  private static func readWindow(
    _ body: inout MessageReader, _ frame: MessageFrame
  ) throws(MessageError) -> Range<Int> {
    let first = try body.readInteger(width: 4, "first candidate")
    let count = try body.readCount("window size")
    guard first + count <= frame.candidateCount else {
      throw body.error(
        "first candidate", back: 8, found: "\(first), of \(count)",
        expected: "a window of the \(frame.candidateCount) candidates")
    }
    return first..<first + count
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

extension [Float] {
  /// Returns `count` numbers: these from `first` on, and zeros.
  func padded(to count: Int, from first: Int) -> [Float] {
    [Float](repeating: 0, count: first) + self
      + [Float](repeating: 0, count: count - first - self.count)
  }
}
