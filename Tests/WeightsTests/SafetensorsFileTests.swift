import Bytes
import Tensors
import Testing
import Weights

/// Returns the bytes of a safetensors file with this header and so many bytes of tensors.
func safetensors(_ header: String, _ byteCount: Int = 0, padding: Int = 0) -> [UInt8] {
  GGUFBuilder.little(UInt64(header.utf8.count + padding)) + Array(header.utf8)
    + [UInt8](repeating: 0x20, count: padding) + (0..<byteCount).map { UInt8($0 & 255) }
}

/// The entry of a tensor in a header.
func entry(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

private let attacks: [Attack] = {
  func attack(
    _ name: String, _ kind: FormatError.Kind, _ mention: String, _ bytes: [UInt8]
  ) -> Attack {
    Attack(name: name, kind: kind, mention: mention, bytes: bytes)
  }
  func header(_ text: String, _ byteCount: Int = 8) -> [UInt8] {
    safetensors("{\(text)}", byteCount)
  }
  let deep = String(repeating: "[", count: 5000)
  return [
    attack("7 bytes", .truncated, "8 or more", [UInt8](repeating: 0, count: 7)),
    attack("header of 0 bytes", .malformed, "{", safetensors("")),
    attack("header of 2^64 - 1 bytes", .malformed, "100000000", [UInt8](repeating: 255, count: 9)),
    attack("header past the end", .truncated, "header", GGUFBuilder.little(UInt64(99)) + [0x7b]),
    attack("header behind a space", .malformed, "{", safetensors(" {}")),
    attack("header that is an array", .malformed, "{", safetensors("[]")),
    attack(
      "header that is not UTF-8", .malformed, "UTF-8",
      GGUFBuilder.little(UInt64(8)) + [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x7b, 0x7d, 0x7d]),
    attack("header that is not closed", .truncated, "}", safetensors("{\"a\":1")),
    attack("header with a tail", .malformed, "end of the text", safetensors("{}x")),
    attack("arrays 5000 deep", .malformed, "nested", header("\"a\":\(deep)")),
    attack(
      "an entry of many values", .malformed, "too many",
      header("\"a\":[\(String(repeating: "0,", count: 100))0]")),
    attack(
      "many members", .malformed, "131072",
      header((0...1 << 17).map { "\"\($0)\":0" }.joined(separator: ","))),
    attack("a Git LFS pointer", .malformed, "lfs pull", Array("version https://git-lfs".utf8)),
    attack(
      "duplicate tensor", .malformed, "second time",
      header(entry("a", "F32", "[1]", 0, 4) + "," + entry("a", "F32", "[1]", 4, 8))),
    attack("metadata that is a number", .malformed, "__metadata__", header("\"__metadata__\":1")),
    attack(
      "metadata with a number", .malformed, "__metadata__",
      header("\"__metadata__\":{\"a\":1}")),
    attack("tensor that is a number", .malformed, "dtype", header("\"a\":1")),
    attack(
      "type that does not exist", .malformed, "\"F31\"",
      header(entry("a", "F31", "[2]", 0, 8))),
    attack(
      "shape with a negative size", .malformed, "shape",
      header(entry("a", "F32", "[-2]", 0, 8))),
    attack("shape with a fraction", .malformed, "shape", header(entry("a", "F32", "[2.0]", 0, 8))),
    attack(
      "shape that overflows", .malformed, "bytes",
      header(entry("a", "F32", "[4294967296,4294967296]", 0, 8))),
    attack(
      "offset of 2^64", .malformed, "data_offsets",
      header("\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551616]}")),
    attack(
      "three offsets", .malformed, "data_offsets",
      header("\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4,8]}")),
    attack("offsets backwards", .malformed, "data_offsets", header(entry("a", "F32", "[0]", 8, 0))),
    attack(
      "offset past the end", .malformed, "data_offsets",
      header(entry("a", "F32", "[3]", 0, 12))),
    attack(
      "fewer bytes than the shape", .malformed, "shape [2]",
      header(entry("a", "F32", "[2]", 0, 4), 4)),
    attack(
      "gap before the first tensor", .malformed, "data_offsets",
      header(entry("a", "F32", "[1]", 4, 8))),
    attack(
      "gap between tensors", .malformed, "\"b\"",
      header(entry("a", "F16", "[1]", 0, 2) + "," + entry("b", "F32", "[1]", 4, 8))),
    attack(
      "tensors over each other", .malformed, "data_offsets",
      header(entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[1]", 4, 8))),
    attack(
      "bytes behind the last tensor", .malformed, "end of the file",
      header(entry("a", "F32", "[1]", 0, 4))),
  ]
}()

@Suite("safetensors files")
struct SafetensorsFileTests {
  private let folder = try? TemporaryFolder()

  private func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    let folder = try #require(folder)
    return try SafetensorsFile(MappedFile(path: try folder.write(bytes, as: "x.safetensors")))
  }

  @Test("Tensors come in the order of their bytes, texts under their keys")
  func readsHeader() throws {
    let header =
      "{\"__metadata__\":{\"format\":\"pt\"},\(entry("b", "BF16", "[2,1]", 0, 4)),"
      + "\(entry("a", "I64", "[]", 4, 12)),\(entry("none", "F32", "[0,7]", 12, 12))}"
    let file = try open(safetensors(header, 12, padding: 3))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors.map(\.name) == ["b", "a", "none"])
    #expect(file.tensors.map(\.shape) == [[2, 1], [], [0, 7]])
    #expect(file.tensors.map(\.elementType) == [.bf16, nil, .f32])
  }

  @Test("Metadata that are null are none, as for the reference")
  func readsNull() throws {
    let file = try open(safetensors("{\"__metadata__\":null,\(entry("a", "F32", "[1]", 0, 4))}", 4))
    #expect(file.metadata.isEmpty && file.tensors.map(\.name) == ["a"])
  }

  @Test("A lying file is refused with its place", arguments: attacks)
  func refuses(_ attack: Attack) throws {
    let error = #expect(throws: FormatError.self) { try open(attack.bytes) }
    let text = error?.description ?? ""
    #expect(error?.kind == attack.kind && text.contains(attack.mention), "\(text)")
  }

  @Test("A file cut short anywhere is refused")
  func refusesEveryTruncation() throws {
    let bytes = safetensors("{\(entry("a", "F32", "[2]", 0, 8))}", 8)
    for count in 1..<bytes.count {
      #expect(throws: FormatError.self, "\(count) bytes") { try open(Array(bytes.prefix(count))) }
    }
  }

  @Test("Random changes never trap", arguments: 1...4 as ClosedRange<UInt64>)
  func survivesMutations(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("{}", as: "config.json")
    let header =
      "{\"__metadata__\":{\"\\u00e9\":\"\\n\"},\(entry("a", "F32", "[2,1]", 0, 8)),"
      + "\(entry("b", "BF16", "[2]", 8, 12))}"
    let bytes = safetensors(header, 12)
    var inputs = Inputs(state: seed)
    var refusals = 0
    for _ in 0..<2000 {
      _ = try folder.write(inputs.mutated(bytes), as: "model.safetensors")
      do { try readEverything(path: folder.path) } catch is WeightsError { refusals += 1 }
    }
    // Some changes touch weights only, and such a file is right.
    #expect((1..<2000).contains(refusals))
  }
}
