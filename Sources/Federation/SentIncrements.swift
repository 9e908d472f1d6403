package import CounterRandom
internal import Bytes

/// Increments of all K coefficients as an update holds them.
public enum SentIncrements: Equatable, Sendable {
  /// As IEEE-754 binary32 numbers, shape `(K)`.
  case binary32([Float])
  /// As one scale and integers of 16 bits.
  case integer16(ScaledIntegers)

  /// Makes increments what can be sent in `precision`.
  ///
  /// - Parameters:
  ///   - values: Shape `(K)`, finite as `Float`.
  ///   - rounding: Random numbers that nothing else uses, one for each value.
  package init(
    _ values: [Double], in precision: CoefficientPrecision, rounding: inout RandomStream
  ) {
    switch precision {
    case .binary32: self = .binary32(values.map { Float($0) })
    case .integer16: self = .integer16(ScaledIntegers(stochastic: values, stream: &rounding))
    }
  }

  /// What the coefficients grow by, shape `(K)`.
  public var values: [Float] {
    switch self {
    case .binary32(let values): values
    case .integer16(let numbers): numbers.values
    }
  }

  /// How they are sent.
  var precision: CoefficientPrecision {
    switch self {
    case .binary32: .binary32
    case .integer16: .integer16
    }
  }

  /// The flags of a message that has them.
  var flags: MessageFlags {
    switch self {
    case .binary32: .allCoefficients
    case .integer16: .scaledIntegers
    }
  }

  /// The bytes that K of them take.
  static func byteCount(_ count: Int, in precision: CoefficientPrecision) -> Int {
    precision == .binary32 ? 4 * count : ScaledIntegers.byteCount(count)
  }

  /// The bytes that several lists of so many numbers take.
  static func byteCount(of counts: [Int], in precision: CoefficientPrecision) -> Int {
    counts.reduce(0) { $0 + byteCount($1, in: precision) }
  }

  /// Writes them.
  func write(to writer: inout ByteWriter) {
    switch self {
    case .binary32(let values): for value in values { writer.append(value) }
    case .integer16(let numbers): numbers.write(to: &writer)
    }
  }

  /// Reads `count` of them.
  init(
    _ body: inout MessageReader, count: Int, in precision: CoefficientPrecision
  ) throws(MessageError) {
    try body.requireRemaining(Self.byteCount(count, in: precision), "increments")
    switch precision {
    case .binary32: self = .binary32(try body.readFloats(count, "increment"))
    case .integer16: self = .integer16(try ScaledIntegers(&body, count: count, "increment"))
    }
  }
}
