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
  /// A at the start of the round, shape `(K)`.
  public let coefficients: [Float]
  /// How ``coefficients`` are sent.
  public let precision: CoefficientPrecision
  /// How likely each candidate is, shape `(K)`, in FedKSeed-Pro; `nil` if all are equally likely.
  public let probabilities: [Float]?

  /// Creates a plan; all integers below 2³², K at least 1, probabilities positive.
  ///
  /// - Precondition: With 16 bits ``ScaledIntegers`` hold the coefficients exactly.
  public init(
    settings: SettingsDigest, round: Int, client: Int, localSteps: Int, coefficients: [Float],
    precision: CoefficientPrecision = .binary32, probabilities: [Float]? = nil
  ) {
    self.settings = settings
    self.round = round
    self.client = client
    self.localSteps = localSteps
    self.coefficients = coefficients
    self.precision = precision
    self.probabilities = probabilities
  }

  /// Returns the size of the message with so many coefficients, or coefficients and probabilities.
  public static func byteCount(valueCount: Int) -> Int {
    MessageFrame.byteCount(body: 4 + 4 * valueCount)
  }

  /// Returns the message, as `Documentation/WireFormat.md` defines it.
  public func encoded() -> [UInt8] {
    var flags: MessageFlags = precision == .integer16 ? .scaledIntegers : []
    if probabilities != nil { flags.insert(.probabilities) }
    let frame = MessageFrame(
      settings: settings, round: round, client: client, candidateCount: coefficients.count,
      flags: flags)
    var writer = frame.writer(.roundPlan, byteCount: Self.byteCount(valueCount: bodyValueCount))
    writer.append(localSteps, width: 4)
    switch precision {
    case .binary32: for value in coefficients { writer.append(value) }
    case .integer16:
      let numbers = ScaledIntegers(nearest: coefficients.map(Double.init))
      precondition(numbers.values == coefficients, "coefficients that do not fit into 16 bits")
      numbers.write(to: &writer)
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
    let (count, flags) = (frame.candidateCount, frame.flags)
    precision = flags.contains(.scaledIntegers) ? .integer16 : .binary32
    try body.requireRemaining(
      (precision == .integer16 ? ScaledIntegers.byteCount(count) : 4 * count)
        + (flags.contains(.probabilities) ? 4 * count : 0), "coefficients")
    coefficients =
      precision == .integer16
      ? try ScaledIntegers(&body, count: count, "coefficient").values
      : try body.readFloats(count, "coefficient")
    probabilities =
      flags.contains(.probabilities) ? try Self.readProbabilities(&body, count) : nil
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
