import Bytes
import Testing
import Weights

@Suite("GGUF files")
struct GGUFFileTests {
  private let folder = try? TemporaryFolder()

  private func open(_ builder: GGUFBuilder) throws -> GGUFFile {
    let folder = try #require(folder)
    return try GGUFFile.open(path: try folder.write(builder.bytes, as: "small.gguf"))
  }

  @Test("Versions 2 and 3 are read", arguments: [2, 3] as [UInt32])
  func readsVersions(version: UInt32) throws {
    var builder = GGUFBuilder.small()
    builder.version = version
    let gguf = try open(builder)
    #expect(gguf.version == version)
    #expect(gguf.tensors.map(\.name).first == "token_embd.weight")
  }

  @Test("A scalar of every type has its value")
  func readsScalars() throws {
    let values: [(UInt32, [UInt8])] = [
      (0, [200]), (1, [0x9c]), (2, [0x40, 0x9c]), (3, [0x30, 0xf8]), (4, [0, 0x28, 0x6b, 0xee]),
      (5, [0, 0x36, 0x65, 0xc4]), (10, [UInt8](repeating: 0xff, count: 8)),
      (11, [UInt8](repeating: 0xff, count: 8)), (6, [0, 0, 0xc0, 0x3f]),
      (12, [0, 0, 0, 0, 0, 0, 4, 0xc0]), (7, [1]), (7, [0]),
    ]
    var builder = GGUFBuilder()
    for (index, value) in values.enumerated() { builder.add("\(index)", type: value.0, value.1) }
    let metadata = try open(builder).metadata
    let integers = (0..<8).map { metadata.integer("\($0)") }
    #expect(integers == [200, -100, 40_000, -2000, 4_000_000_000, -1_000_000_000, nil, -1])
    #expect(metadata.float("8") == 1.5 && metadata.float("9") == -2.5)
    #expect(metadata.bool("10") == true && metadata.bool("11") == false)
  }

  @Test("Arrays are decoded when asked, and only as what they are")
  func readsArrays() throws {
    let metadata = try open(GGUFBuilder.small()).metadata
    let tokens = try #require(metadata.array("tokenizer.ggml.tokens"))
    #expect(tokens.count == 3 && tokens.integers() == nil)
    #expect(tokens.strings()?.map(\.string) == ["a", "", "é"])
    #expect(metadata.array("tokenizer.ggml.scores")?.floats() == [0.5, -1])
    #expect(metadata.array("tokenizer.ggml.token_type")?.integers() == [-3, 4])
    #expect(metadata.array("tokenizer.ggml.token_type")?.strings() == nil)
  }

  @Test("Arrays of arrays are walked to the next key")
  func walksNestedArrays() throws {
    let inner = GGUFBuilder.array(8, count: 2, GGUFBuilder.string("x") + GGUFBuilder.string("yz"))
    var builder = GGUFBuilder()
    builder.add("nested", type: 9, GGUFBuilder.array(9, count: 2, inner + inner))
    builder.add("after", 7)
    let metadata = try open(builder).metadata
    #expect(metadata.array("nested")?.count == 2)
    #expect(metadata.integer("after") == 7)
  }

  @Test("The alignment of the file is heeded", arguments: [1, 8, 64, 4096])
  func heedsAlignment(alignment: Int) throws {
    var builder = GGUFBuilder()
    builder.alignment = alignment
    builder.add("general.alignment", UInt32(alignment))
    builder.addTensor("a", [1], [1, 2, 3, 4])
    builder.addTensor("b", [1], [5, 6, 7, 8])
    let gguf = try open(builder)
    let words = gguf.tensors.map { gguf.file.integer(UInt32.self, at: $0.range.lowerBound) }
    #expect(words == [0x0403_0201, 0x0807_0605])
  }

  @Test("A file without tensors may end behind its metadata")
  func opensVocabularies() throws {
    var builder = GGUFBuilder()
    builder.add("general.architecture", "llama")
    builder.alignment = 1
    #expect(try open(builder).tensors.isEmpty)
  }
}
