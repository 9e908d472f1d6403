package import CounterRandom
internal import Bytes

/// Numbers of coefficients as a message holds them: A itself, or what it grows by.
public enum SentCoefficients: Equatable, Sendable {
  /// As IEEE-754 binary32 numbers, shape `(K)`.
  case binary32([Float])
  /// As one scale and integers of 16 bits.
  case integer16(ScaledIntegers)

  /// Rounds numbers to what can be sent in `precision`.
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

  /// Makes numbers that `precision` holds exactly what can be sent.
  init(exactly values: [Float], in precision: CoefficientPrecision) {
    switch precision {
    case .binary32: self = .binary32(values)
    case .integer16:
      let numbers = ScaledIntegers(nearest: values.map(Double.init))
      precondition(numbers.values == values, "numbers that do not fit into 16 bits")
      self = .integer16(numbers)
    }
  }

  /// The numbers, shape `(K)`.
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

  /// The flags of an update that has them.
  var flags: MessageFlags {
    switch self {
    case .binary32: .allCoefficients
    case .integer16: .scaledIntegers
    }
  }

  /// The bytes that K of them take.
  public static func byteCount(_ count: Int, in precision: CoefficientPrecision) -> Int {
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

  /// Reads `count` of them, whose bytes are known to be there.
  ///
  /// - Parameter field: What one of them is called in errors.
  init(
    _ body: inout MessageReader, count: Int, in precision: CoefficientPrecision, field: String
  ) throws(MessageError) {
    switch precision {
    case .binary32: self = .binary32(try body.readFloats(count, field))
    case .integer16: self = .integer16(try ScaledIntegers(&body, count: count, field))
    }
  }
}
