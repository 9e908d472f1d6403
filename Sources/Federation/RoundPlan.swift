internal import Bytes

/// What the server asks of one client in one round: tune from these coefficients.
///
/// Encoded in `4·K + 64` bytes, or `2·K + 68` in 16 bits, and `4·K` more with probabilities.
public struct RoundPlan: Equatable, Sendable {
  /// The settings that both sides must share.
  public let settings: SettingsDigest
  /// The round, counted from 0.
  public let round: Int
  /// The client this plan is for.
  public let client: Int
  /// τ, the number of steps to take.
  public let localSteps: Int
  /// A at the start of the round, shape `(K)`; with ``windows`` only their parts, one after the other.
  public let coefficients: [Float]
  /// K.
  public let candidateCount: Int
  /// Which windows of A are sent; `nil` where rounds have none.
  public let windows: SentWindows?
  /// How ``coefficients`` are sent.
  public let precision: CoefficientPrecision
  /// How likely each candidate is, shape `(K)`, in FedKSeed-Pro; `nil` if all are equally likely.
  public let probabilities: [Float]?

  /// Creates a plan; all integers below 2³², K at least 1, probabilities positive.
  ///
  /// - Precondition: With 16 bits ``ScaledIntegers`` hold the coefficients exactly.
  public init(
    settings: SettingsDigest, round: Int, client: Int, localSteps: Int, coefficients: [Float],
    precision: CoefficientPrecision = .binary32, probabilities: [Float]? = nil,
    candidateCount: Int? = nil, windows: SentWindows? = nil
  ) {
    self.settings = settings
    self.round = round
    self.client = client
    self.localSteps = localSteps
    self.coefficients = coefficients
    self.precision = precision
    self.probabilities = probabilities
    self.candidateCount = candidateCount ?? coefficients.count
    self.windows = windows
  }

  /// Returns the size of the message with so many coefficients, or coefficients and probabilities.
  public static func byteCount(valueCount: Int) -> Int {
    MessageFrame.byteCount(body: 4 + 4 * valueCount)
  }

  /// Returns the message, as `Documentation/WireFormat.md` defines it.
  public func encoded() -> [UInt8] {
    var flags: MessageFlags = precision == .integer16 ? .scaledIntegers : []
    if probabilities != nil { flags.insert(.probabilities) }
    if windows != nil { flags.insert(.windows) }
    let frame = MessageFrame(
      settings: settings, round: round, client: client, candidateCount: candidateCount,
      flags: flags)
    var writer = frame.writer(.roundPlan, byteCount: Self.byteCount(valueCount: bodyValueCount))
    writer.append(localSteps, width: 4)
    windows?.write(to: &writer)
    for part in windows.map({ coefficients.chunks(of: $0.size) }) ?? [coefficients] {
      SentCoefficients(exactly: part, in: precision).write(to: &writer)
    }
    for value in probabilities ?? [] { writer.append(value) }
    return writer.sealed()
  }

  /// The largest number of floats that the body may take.
  private var bodyValueCount: Int { (probabilities == nil ? 1 : 2) * coefficients.count }

  /// Reads a message from an untrusted peer.
  ///
  /// - Throws: ``MessageError`` unless every byte is as `Documentation/WireFormat.md` demands.
  public init(decoding bytes: [UInt8]) throws(MessageError) {
    var (frame, body) = try MessageFrame.open(bytes, as: .roundPlan)
    settings = frame.settings
    round = frame.round
    client = frame.client
    localSteps = try body.readCount("local steps")
    candidateCount = frame.candidateCount
    let (count, flags) = (frame.candidateCount, frame.flags)
    windows = flags.contains(.windows) ? try SentWindows(&body, candidateCount: count) : nil
    precision = flags.contains(.scaledIntegers) ? .integer16 : .binary32
    let parts = windows?.partSizes ?? [count]
    let byteCount = SentCoefficients.byteCount(of: parts, in: precision)
    try body.requireRemaining(
      byteCount + (flags.contains(.probabilities) ? 4 * count : 0), "coefficients")
    coefficients = try Self.readCoefficients(&body, parts, precision)
    probabilities =
      flags.contains(.probabilities) ? try Self.readProbabilities(&body, count) : nil
  }

  private static func readCoefficients(
    _ body: inout MessageReader, _ parts: [Int], _ precision: CoefficientPrecision
  ) throws(MessageError) -> [Float] {
    var coefficients: [Float] = []
    for count in parts {
      coefficients += try SentCoefficients(
        &body, count: count, in: precision, field: "coefficient"
      ).values
    }
    return coefficients
  }

  private static func readProbabilities(
    _ body: inout MessageReader, _ count: Int
  ) throws(MessageError) -> [Float] {
    let values = try body.readFloats(count, "probability")
    if let index = values.firstIndex(where: { !($0 > 0 && $0 <= 1) }) {
      throw body.error(
        "probability \(index)", back: 4 * (count - index), found: "\(values[index])",
        expected: "a number above 0 and up to 1")
    }
    return values
  }
}
