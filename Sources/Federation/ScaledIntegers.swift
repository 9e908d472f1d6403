internal import Bytes
public import CounterRandom

/// K numbers in two bytes each: one scale and integers of 16 bits.
///
///     x_k = scale · q_k        scale a power of two, q_k in −32,767…32,767
///
/// The scale is the smallest power of two with which all integers fit. So a number is off by at most
/// half of it, which is at most 1/32,767 of the largest number; less than twice as much where it is
/// rounded at random. Products with it are exact, and numbers that were rounded once are not changed by
/// rounding them again.
public struct ScaledIntegers: Equatable, Sendable {
  /// The distance of two neighbouring numbers, 2⁻¹⁴⁹…2¹¹³.
  public let scale: Float
  /// q, shape `(K)`, none of them −32,768.
  public let integers: [Int16]

  static let largestInteger = Int(Int16.max)
  /// With it the largest integer is just within the range of `Float`.
  static let largestScale: Float = 0x1p113

  /// Creates numbers that were received.
  init(scale: Float, integers: [Int16]) {
    self.scale = scale
    self.integers = integers
  }

  /// Rounds to nearest, ties to even.
  ///
  /// - Parameter values: Shape `(K)`, finite as `Float`.
  public init(nearest values: [Double]) {
    self.init(values) { $0.rounded(.toNearestOrEven) }
  }

  /// Rounds up or down at random, so that the mean is the number itself.
  ///
  /// - Parameters:
  ///   - values: Shape `(K)`, finite as `Float`.
  ///   - stream: Number k of it is the choice of value k.
  public init(stochastic values: [Double], stream: inout RandomStream) {
    self.init(values) { quotient in
      let below = quotient.rounded(.down)
      return below + (stream.uniform() < quotient - below ? 1 : 0)
    }
  }

  private init(_ values: [Double], round: (Double) -> Double) {
    let (scale, limit) = (Self.scale(of: values), Double(Self.largestInteger))
    let integers = values.map { Int16(min(max(round($0 / Double(scale)), -limit), limit)) }
    self.init(scale: scale, integers: integers)
    // The largest may have been rounded down to where half the scale is enough.
    if !isSmallest { self.init(scale: scale / 2, integers: integers.map { 2 * $0 }) }
  }

  /// Whether half the scale would be too small, so that there is one way to write the numbers.
  private var isSmallest: Bool {
    scale == .leastNonzeroMagnitude || integers.contains { $0.magnitude > Int16.max / 2 }
  }

  /// The numbers, shape `(K)`, exact.
  public var values: [Float] { integers.map { scale * Float($0) } }

  /// The smallest power of two by which the largest magnitude is an integer of 16 bits.
  private static func scale(of values: [Double]) -> Float {
    let largest = values.reduce(0) { max($0, abs($1)) } / Double(largestInteger)
    guard largest > Double(Float.leastNonzeroMagnitude) else { return .leastNonzeroMagnitude }
    return min(Float(largest.binade < largest ? 2 * largest.binade : largest), largestScale)
  }
}

extension ScaledIntegers {
  /// The bytes of K numbers in a message.
  static func byteCount(_ count: Int) -> Int { 4 + 2 * count }

  /// Reads numbers whose bytes are known to be there.
  init(_ body: inout MessageReader, count: Int, _ field: String) throws(MessageError) {
    let scale = try body.readFloat("scale")
    guard scale > 0, scale.significand == 1, scale <= Self.largestScale else {
      throw body.error(
        "scale", back: 4, found: "\(scale)", expected: "a power of two from 2^-149 to 2^113")
    }
    var integers: [Int16] = []
    integers.reserveCapacity(count)
    for index in 0..<count {
      let word = try body.readInteger(width: 2, "\(field) \(index)")
      let integer = Int16(truncatingIfNeeded: word)
      guard integer != .min else {
        throw body.error(
          "\(field) \(index)", back: 2, found: "\(integer)", expected: "-32767 to 32767")
      }
      integers.append(integer)
    }
    self.init(scale: scale, integers: integers)
    guard isSmallest else {
      throw body.error(
        "scale", back: Self.byteCount(count), found: "\(scale)",
        expected: "the smallest one that is enough for the integers")
    }
  }

  /// Writes the scale and the integers, in two's complement.
  func write(to writer: inout ByteWriter) {
    writer.append(scale)
    for integer in integers { writer.append(Int(UInt16(bitPattern: integer)), width: 2) }
  }
}
