import Bytes
import Testing

@Suite("Little-endian bytes")
struct ByteTests {
  @Test("Numbers have the lowest byte first")
  func layout() {
    var writer = ByteWriter()
    writer.append(UInt16(0x1234))
    writer.append(Int32(-2))
    writer.append(0x010203, width: 3)
    writer.append(1 as Float)
    writer.append(-2 as Double)
    writer.append([7, 8])
    #expect(
      writer.bytes == [0x34, 0x12, 0xFE, 0xFF, 0xFF, 0xFF, 3, 2, 1, 0, 0, 0x80, 0x3F]
        + [0, 0, 0, 0, 0, 0, 0, 0xC0, 7, 8])
  }

  @Test("What is written is read, and nothing past the end")
  func roundTrip() {
    var writer = ByteWriter()
    for value: UInt64 in [0, 1, .max, 0x0123_4567_89AB_CDEF] { writer.append(value) }
    var reader = ByteReader(([9] + writer.bytes)[1...])
    let values = (0..<4).map { _ in reader.read(UInt64.self) }
    #expect(values == [0, 1, .max, 0x0123_4567_89AB_CDEF])
    #expect(reader.remaining == 0 && reader.offset == 32)
    #expect(reader.read(UInt8.self) == nil && reader.read(1) == nil && reader.read(0) == [])
  }

  @Test("Words in Base64 are their bytes, and come back whole or not at all")
  func base64() {
    // `printf '\001\000\000\377' | base64`
    #expect(Base64.text([0xFF00_0001 as UInt32]) == "AQAA/w==")
    let words: [UInt64] = [0, 1, .max, 0x0123_4567_89AB_CDEF]
    #expect(Base64.words(Base64.text(words)) == words)
    #expect(Base64.words("", as: UInt32.self) == [])
    #expect(Base64.words("AQAA", as: UInt32.self) == nil, "three bytes")
    #expect(Base64.words("AQAA/w=", as: UInt32.self) == nil, "padding is missing")
  }

  @Test("A text equals only what has its bytes")
  func text() {
    #expect("\u{e9}" == "e\u{301}", "as `String` sees it")
    #expect(UTF8Text("\u{e9}") != UTF8Text("e\u{301}"))
    #expect(Set(["a", "a", "b"] as [UTF8Text]).count == 2)
    #expect(UTF8Text("a") < "b" && UTF8Text("a") < "aa" && UTF8Text("Z") < "a")
    let name: UTF8Text = "model.safetensors"
    #expect(name.hasPrefix("model") && name.hasSuffix(".safetensors") && name.contains("l.s"))
    #expect(!name.hasPrefix("odel") && !name.hasSuffix("x") && !name.contains("/"))
    #expect(name.contains("") && !UTF8Text("").contains("a"))
  }
}
