import Bytes
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  @Test(
    "has the checksums of RFC 3720, appendix B.4",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E), ((0..<32).reversed(), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283),
      ([], 0),
    ] as [([UInt8], UInt32)])
  func knownAnswers(bytes: [UInt8], checksum: UInt32) {
    #expect(CRC32C.checksum(bytes) == checksum)
    // The mask as TensorFlow documents it.
    #expect(CRC32C.masked(bytes) == ((checksum >> 15) | (checksum << 17)) &+ 0xA282_EAD8)
  }
}
