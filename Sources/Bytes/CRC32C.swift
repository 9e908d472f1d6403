/// The checksum of TFRecord files: the cyclic redundancy check with Castagnoli's polynomial.
///
/// Source: RFC 3720, appendix B.4; the masking is that of TFRecord files, as TensorFlow documents them.
package enum CRC32C {
  /// The remainder of each byte, the polynomial 0x1EDC6F41 with its bits reversed.
  private static let table = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest >> 1 ^ (rest & 1) * 0x82F6_3B78 }
  }

  /// Returns the checksum of `bytes`.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { rest, byte in rest >> 8 ^ table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)]
    }
  }

  /// Returns the checksum as TFRecord files have it: one of data that hold checksums must differ from theirs.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
