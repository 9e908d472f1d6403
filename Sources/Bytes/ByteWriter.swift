/// Appends little-endian values to bytes.
package struct ByteWriter: Sendable {
  /// What has been written.
  package private(set) var bytes: [UInt8] = []

  /// Creates a writer with room for `capacity` bytes; more may be written.
  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// Appends bytes.
  package mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Appends the bytes of a number, the lowest first; a negative one as its two's complement.
  package mutating func append<T: FixedWidthInteger>(_ value: T) {
    append(Int(truncatingIfNeeded: value), byteCount: MemoryLayout<T>.size)
  }

  /// Appends the `width` low bytes of `value`.
  ///
  /// - Precondition: They hold all of it.
  package mutating func append(_ value: Int, width: Int) {
    precondition(value >= 0 && value >> (8 * width) == 0, "\(value) needs over \(width) bytes")
    append(value, byteCount: width)
  }

  /// Appends the bits of a binary32 number.
  package mutating func append(_ value: Float) { append(value.bitPattern) }

  /// Appends the bits of a binary64 number.
  package mutating func append(_ value: Double) { append(value.bitPattern) }

  private mutating func append(_ value: Int, byteCount: Int) {
    for place in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
  }
}
