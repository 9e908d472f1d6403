/// Appends little-endian values to a message.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Appends the `width` low bytes of `value`, which must hold all of it.
  mutating func append(_ value: Int, width: Int) {
    precondition(value >= 0 && value >> (8 * width) == 0, "\(value) needs over \(width) bytes")
    for place in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
  }

  mutating func append(_ value: Float) { append(Int(value.bitPattern), width: 4) }
}
