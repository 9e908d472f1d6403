import Bytes
import Foundation
import Tensors
import Testing
import Weights

@Suite("GGUF models in several files")
struct GGUFPartsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What a part says of itself, and what it has.
  private struct Part {
    var number: UInt32
    var count: UInt32 = 3
    var total: UInt32 = 3
    var tensors: [(name: String, rows: UInt64)] = []

    var bytes: [UInt8] {
      var builder = GGUFBuilder()
      if number == 0 {
        builder.add("general.architecture", "llama")
        builder.add("llama.attention.head_count", 2)
      }
      builder.add("split.no", type: 2, GGUFBuilder.little(UInt16(number)))
      builder.add("split.count", type: 2, GGUFBuilder.little(UInt16(count)))
      builder.add("split.tensors.count", type: 5, GGUFBuilder.little(total))
      for (name, rows) in tensors {
        let values = (0..<rows).map { Float($0) + 100 * Float(number) }
        builder.addTensor(name, [1, rows], GGUFBuilder.floats(values))
      }
      return builder.bytes
    }
  }

  /// The first has metadata only, as gguf-split makes it with `--no-tensor-first-split`.
  private let parts = [
    Part(number: 0),
    Part(number: 1, tensors: [("token_embd.weight", 3), ("blk.0.attn_q.weight", 8)]),
    Part(number: 2, tensors: [("blk.0.attn_v.weight", 2)]),
  ]

  private func name(_ number: Int) -> String { "m-0000\(number)-of-00003.gguf" }

  /// Writes the parts, and returns their paths.
  private func write(_ parts: [Part]) throws -> [String] {
    try parts.enumerated().map { try folder.write($1.bytes, as: name($0 + 1)) }
  }

  @Test("Any part opens the whole, which is as if it had been one file", arguments: 0..<3)
  func opensAll(part: Int) throws {
    let paths = try write(parts)
    let store = try WeightStore.open(path: paths[part])
    #expect(store.parameters.count == 3 && store.files.map(\.path) == paths)
    #expect(try store.values(of: "model.embed_tokens.weight") == [100, 101, 102])
    // Rows of queries are interleaved by the heads that the first part counts.
    #expect(
      try store.values(of: "model.layers.0.self_attn.q_proj.weight")
        == [100, 102, 101, 103, 104, 106, 105, 107])
    guard case .gguf(let metadata) = try ModelMetadata.read(path: paths[part]) else { return }
    #expect(metadata.string("general.architecture") == "llama")
  }

  @Test("The identity is that of a list of the files")
  func identifies() throws {
    let paths = try write(parts)
    let store = try WeightStore.open(path: paths[1])
    let lines = try zip(1..., paths).map { "\(name($0)) \(try MappedFile(path: $1).sha256())\n" }
    let list = try MappedFile(path: try folder.write(lines.joined(), as: "list"))
    #expect(store.identity(cache: nil) == list.sha256())
  }

  private func failure(_ path: String) -> String {
    let error = #expect(throws: WeightsError.self) { try WeightStore.open(path: path) }
    return error?.description ?? ""
  }

  @Test("A part that is missing is refused by its name", arguments: 0..<3)
  func namesMissing(part: Int) throws {
    let paths = try write(parts)
    try FileManager.default.removeItem(atPath: paths[part])
    let text = failure(paths[(part + 1) % 3])
    #expect(text.contains(name(part + 1)) && text.contains("fetch the other parts"), "\(text)")
  }

  @Test("A part under another name is refused, as the others cannot be found")
  func refusesNames() throws {
    _ = try write(parts)
    let path = try folder.write(parts[1].bytes, as: "renamed.gguf")
    #expect(failure(path).contains("-00002-of-00003.gguf"))
    let wrong = try folder.write(parts[1].bytes, as: name(3))
    #expect(failure(wrong).contains("-00002-of-00003.gguf"))
  }

  @Test("Parts that do not fit together are refused")
  func refusesMixtures() throws {
    var wrong = parts
    wrong[2].count = 4
    #expect(failure(try write(wrong)[0]).contains("split.count"))
    wrong = parts
    wrong[2].number = 1
    #expect(failure(try write(wrong)[0]).contains("split.no"))
    wrong = parts
    wrong[0].total = 4
    #expect(failure(try write(wrong)[1]).contains("split.tensors.count"))
    wrong = parts
    wrong[2].tensors = [("token_embd.weight", 3)]
    #expect(failure(try write(wrong)[1]).contains("also in another part"))
    wrong = parts
    wrong[1].number = 9
    #expect(failure(try write(wrong)[1]).contains("-00010-of-00003.gguf"))
  }

  @Test("Random changes never trap", arguments: 1...3 as ClosedRange<UInt64>)
  func survivesMutations(seed: UInt64) throws {
    var inputs = Inputs(state: seed)
    var refusals = 0
    for round in 0..<600 {
      let paths = try write(parts)
      _ = try folder.write(inputs.mutated(parts[round % 3].bytes), as: name(round % 3 + 1))
      do { try readEverything(path: paths[round % 2]) } catch is WeightsError { refusals += 1 }
    }
    #expect((1..<600).contains(refusals))
  }
}
