import Bytes
import Testing

@Suite("Kinds of files")
struct FileKindTests {
  @Test(
    "A file is recognised by its first bytes",
    arguments: [
      ("GGUF\u{3}\0\0\0", FileKind.gguf), ("tjgg\u{3}\0\0\0", .ggml),
      ("\u{10}\0\0\0\0\0\0\0{\"a\":1}", .safetensors), (" \n{\"a\": 1}", .json), ("[1]", .json),
      ("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", .lfsPointer),
      ("\n<!DOCTYPE html><html>", .webPage), ("<HTML lang=en>", .webPage),
      ("PK\u{3}\u{4}archive", .zip), ("BZh9", .bzip2), ("PAR1", .parquet), ("hello", .other),
      ("", .other), (String(repeating: "a", count: 257) + "ustar", .tar),
    ])
  func recognises(text: String, kind: FileKind) { #expect(FileKind(text.utf8) == kind) }

  @Test(
    "So are those that are no text",
    arguments: [
      ([0x80, 2, 0x7d], FileKind.pickle), ([0x1f, 0x8b, 8], .gzip),
      ([0x28, 0xb5, 0x2f, 0xfd], .zstandard), ([0x89] + Array("HDF\r\n".utf8), .hdf5), ([], .other),
    ] as [([UInt8], FileKind)])
  func recognisesBytes(bytes: [UInt8], kind: FileKind) { #expect(FileKind(bytes) == kind) }

  @Test("A header of any size makes a safetensors file, also one like a magic number")
  func recognisesSizes() {
    for size in [0x280, 0x580, 0x8b1f, 0x403_4b50] as [UInt64] {
      let start = (0..<8).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) }
      #expect(FileKind(start + Array("{\"a\"".utf8)) == .safetensors)
    }
  }

  @Test("A SHA-256 is 64 lowercase digits")
  func hashes() {
    let hash = String(repeating: "0af", count: 21) + "9"
    #expect(isSHA256(hash))
    for wrong in [hash.uppercased(), String(hash.dropLast()), hash + "0", "g" + hash.dropFirst()] {
      #expect(!isSHA256(wrong))
    }
  }
}
