internal import Bytes

/// What the server asks of one client in one round: tune from these coefficients.
///
/// Encoded in `4·K + 64` bytes, and `4·K` more with probabilities.
public struct RoundPlan: Equatable, Sendable {
  /// The settings that both sides must share.
  public let settings: SettingsDigest
  /// The round, counted from 0.
  public let round: Int
  /// The client this plan is for.
  public let client: Int
  /// τ, the number of steps to take.
  public let localSteps: Int
  /// A at the start of the round, shape `(K)`.
  public let coefficients: [Float]
  /// How likely each candidate is, shape `(K)`, in FedKSeed-Pro; `nil` if all are equally likely.
  public let probabilities: [Float]?

  /// Creates a plan; all integers below 2³², K at least 1, probabilities positive.
  public init(
    settings: SettingsDigest, round: Int, client: Int, localSteps: Int, coefficients: [Float],
    probabilities: [Float]? = nil
  ) {
    self.settings = settings
    self.round = round
    self.client = client
    self.localSteps = localSteps
    self.coefficients = coefficients
    self.probabilities = probabilities
  }

  /// Returns the size of the message with so many coefficients, or coefficients and probabilities.
  public static func byteCount(valueCount: Int) -> Int {
    MessageFrame.byteCount(body: 4 + 4 * valueCount)
  }

  /// Returns the message, as `Documentation/WireFormat.md` defines it.
  public func encoded() -> [UInt8] {
    let frame = MessageFrame(
      settings: settings, round: round, client: client, candidateCount: coefficients.count,
      hasProbabilities: probabilities != nil)
    let values = coefficients + (probabilities ?? [])
    var writer = frame.writer(.roundPlan, byteCount: Self.byteCount(valueCount: values.count))
    writer.append(localSteps, width: 4)
    for value in values { writer.append(value) }
    return writer.sealed()
  }

  /// Reads a message from an untrusted peer.
  ///
  /// - Throws: ``MessageError`` unless every byte is as `Documentation/WireFormat.md` demands.
  public init(decoding bytes: [UInt8]) throws(MessageError) {
    var (frame, body) = try MessageFrame.open(bytes, as: .roundPlan)
    settings = frame.settings
    round = frame.round
    client = frame.client
    localSteps = try body.readCount("local steps")
    try body.requireRemaining(
      (frame.hasProbabilities ? 8 : 4) * frame.candidateCount, "coefficients")
    coefficients = try Self.readFloats(&body, frame.candidateCount, "coefficient")
    probabilities =
      frame.hasProbabilities ? try Self.readProbabilities(&body, frame.candidateCount) : nil
  }

  private static func readFloats(
    _ body: inout MessageReader, _ count: Int, _ field: String
  ) throws(MessageError) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for index in 0..<count { values.append(try body.readFloat("\(field) \(index)")) }
    return values
  }

  private static func readProbabilities(
    _ body: inout MessageReader, _ count: Int
  ) throws(MessageError) -> [Float] {
    let values = try readFloats(&body, count, "probability")
    if let index = values.firstIndex(where: { !($0 > 0 && $0 <= 1) }) {
      throw body.error(
        "probability \(index)", back: 4 * (count - index), found: "\(values[index])",
        expected: "a number above 0 and up to 1")
    }
    return values
  }
}
