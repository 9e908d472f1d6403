/// What the server asks of one client in one round: tune from these coefficients.
///
/// Encoded in `4·K + 64` bytes.
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

  /// Creates a plan; all integers below 2³², K at least 1.
  public init(
    settings: SettingsDigest, round: Int, client: Int, localSteps: Int, coefficients: [Float]
  ) {
    self.settings = settings
    self.round = round
    self.client = client
    self.localSteps = localSteps
    self.coefficients = coefficients
  }

  /// Returns the message, as `Documentation/WireFormat.md` defines it.
  public func encoded() -> [UInt8] {
    let frame = MessageFrame(
      settings: settings, round: round, client: client, candidateCount: coefficients.count)
    var writer = frame.writer(.roundPlan, bodyByteCount: 4 + 4 * coefficients.count)
    writer.append(localSteps, width: 4)
    for coefficient in coefficients { writer.append(coefficient) }
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
    try body.requireRemaining(4 * frame.candidateCount, "coefficients")
    var coefficients: [Float] = []
    coefficients.reserveCapacity(frame.candidateCount)
    for candidate in 0..<frame.candidateCount {
      coefficients.append(try body.readFloat("coefficient \(candidate)"))
    }
    self.coefficients = coefficients
  }
}
