import Bytes
import Foundation
import Testing

@Suite("gzip")
struct GzipTests {
  /// `printf 'two words\n' | gzip -n`, in hexadecimal.
  static let packed = bytes("1f8b08000000000000032b29cf5728cf2f4a29e60200267df6290a000000")
  static let text = Array("two words\n".utf8)

  static func bytes(_ hexadecimal: String) -> [UInt8] {
    stride(from: 0, to: hexadecimal.count, by: 2).map { place in
      let start = hexadecimal.index(hexadecimal.startIndex, offsetBy: place)
      return UInt8(hexadecimal[start...].prefix(2), radix: 16) ?? 0
    }
  }

  @Test("one member or several, one behind the other, are unpacked")
  func members() throws {
    #expect(Gzip.isPacked(Self.packed) && !Gzip.isPacked(Self.text))
    #expect(try Gzip.unpack(Self.packed, limit: 10) == Self.text)
    #expect(try Gzip.unpack(Self.packed + Self.packed, limit: 20) == Self.text + Self.text)
  }

  @Test("more than the limit is refused")
  func limit() {
    #expect(throws: Gzip.Failure.tooLarge) { try Gzip.unpack(Self.packed, limit: 9) }
  }

  @Test("every cut is told from damage, and no damaged byte is taken for text")
  func damage() {
    for count in 2..<Self.packed.count {
      let error = #expect(throws: Gzip.Failure.self) {
        try Gzip.unpack(Array(Self.packed.prefix(count)), limit: 100)
      }
      #expect(error == .truncated, "\(count) bytes")
    }
    // Bytes 3 to 9 are flags, a time and the system: those that only inform may be any.
    for place in 10..<Self.packed.count {
      var damaged = Self.packed
      damaged[place] ^= 0x40
      // Bits behind the end of a block mean nothing.
      let unpacked = try? Gzip.unpack(damaged, limit: 100)
      #expect(unpacked == nil || unpacked == Self.text, "byte \(place)")
    }
    #expect(throws: Gzip.Failure.damaged) {
      try Gzip.unpack(Self.packed + [1, 2, 3], limit: 100)
    }
  }
}
