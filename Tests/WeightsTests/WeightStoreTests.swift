import Glibc
import Kernels
import Tensors
import Testing
import Weights

@Suite("Weight stores")
struct WeightStoreTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ builder: GGUFBuilder) throws -> WeightStore {
    try WeightStore.open(path: try folder.write(builder.bytes, as: "small.gguf"))
  }

  private func failure(_ body: () throws -> WeightStore) -> String {
    let error = #expect(throws: WeightsError.self) { _ = try body() }
    return error?.description ?? ""
  }

  @Test("GGUF tensors get their Hugging Face names and shapes, in the order of names")
  func namesParameters() throws {
    let store = try open(.small())
    #expect(
      store.parameters.description == """
        model.embed_tokens.weight 3x2
        model.layers.0.input_layernorm.weight 2
        model.layers.0.self_attn.k_proj.weight 4x1
        model.layers.0.self_attn.q_proj.weight 8x1

        """)
    #expect(store.excluded.map(\.name) == ["rope_freqs.weight"])
    #expect(store.format == .gguf)
  }

  @Test(
    "Every tensor of the architecture has a place",
    arguments: [
      ("output.weight", "lm_head.weight"), ("output_norm.weight", "model.norm.weight"),
      ("blk.12.attn_v.weight", "model.layers.12.self_attn.v_proj.weight"),
      ("blk.12.attn_output.weight", "model.layers.12.self_attn.o_proj.weight"),
      ("blk.12.ffn_norm.weight", "model.layers.12.post_attention_layernorm.weight"),
      ("blk.12.ffn_gate.weight", "model.layers.12.mlp.gate_proj.weight"),
      ("blk.12.ffn_up.weight", "model.layers.12.mlp.up_proj.weight"),
      ("blk.12.ffn_down.weight", "model.layers.12.mlp.down_proj.weight"),
    ])
  func mapsName(stored: String, canonical: String) throws {
    var builder = GGUFBuilder.small()
    builder.addTensor(stored, [2], GGUFBuilder.floats([1, 2]))
    #expect(try open(builder).values(of: canonical) == [1, 2])
  }

  @Test("Queries and keys are read in Hugging Face's row order", arguments: 1...8)
  func restoresRowOrder(rowsPerTile: Int) throws {
    let store = try open(.small())
    let queries = try store.values(
      of: "model.layers.0.self_attn.q_proj.weight", rowsPerTile: rowsPerTile)
    let keys = try store.values(
      of: "model.layers.0.self_attn.k_proj.weight", rowsPerTile: rowsPerTile)
    #expect(queries == [0, 2, 1, 3, 4, 6, 5, 7])
    #expect(keys == [0, 2, 1, 3])
  }

  @Test("Without a count of key heads there are as many as query heads")
  func defaultsKeyHeads() throws {
    var builder = GGUFBuilder()
    builder.add("general.architecture", "llama")
    builder.add("llama.attention.head_count", 1)
    builder.addTensor("blk.0.attn_k.weight", [1, 4], GGUFBuilder.floats([0, 1, 2, 3]))
    let keys = try open(builder).values(of: "model.layers.0.self_attn.k_proj.weight")
    #expect(keys == [0, 2, 1, 3])
  }

  @Test("A type without kernels is refused by its name, with the names of the others")
  func refusesUnknownType() throws {
    var builder = GGUFBuilder.small()
    builder.addTensor("output.weight", [256], type: 16, [UInt8](repeating: 0, count: 66))
    let text = failure { try open(builder) }
    #expect(text.contains("\"output.weight\": found type IQ2_XXS, expected F32, F16, BF16, Q8_0"))
  }

  @Test(
    "Rows of every type are loaded as a whole tensor is, in any tiles and in the order of the heads",
    arguments: ElementType.allCases)
  func loadsRows(type: ElementType) throws {
    let size = try #require(type.byteCount(elements: 512))
    var inputs = Inputs(state: 5)
    let bytes = (0..<8 * size).map { _ in UInt8.random(in: 0..<0x7b, using: &inputs) }
    var builder = GGUFBuilder.small()
    builder.addTensor("blk.1.attn_q.weight", [512, 8], type: type.ggufCode, bytes)
    let store = try open(builder)
    let whole = Matrix(rows: 8, columns: 512)
    // SAFETY: every byte of the array is initialised.
    unsafe StorageKernels(.scalar).load(bytes.span.bytes, as: type, into: whole)
    let expected = [0, 2, 1, 3, 4, 6, 5, 7].flatMap { whole.rows($0..<$0 + 1).elements }
    for rows in [1, 3, 8] {
      let name = "model.layers.1.self_attn.q_proj.weight"
      #expect(try store.values(of: name, rowsPerTile: rows) == expected)
    }
  }

  @Test("Rows that are no whole blocks are refused", arguments: [ElementType.q4_k, .q6_k, .iq4_xs])
  func refusesPartsOfBlocks(type: ElementType) throws {
    var builder = GGUFBuilder.small()
    let bytes = [UInt8](repeating: 0, count: type.bytesPerBlock)
    builder.addTensor("output.weight", [128, 2], type: type.ggufCode, bytes)
    let text = failure { try open(builder) }
    #expect(
      text.contains("\"output.weight\": found 128 elements in a row of type \(type.ggufName)"))
  }

  @Test(
    "What does not fit the architecture is refused by its name",
    arguments: [
      ("other tensor", "blk.0.attn_q.bias"), ("layer with a sign", "blk.+1.attn_norm.weight"),
      ("tensor of rank 3", "output.weight"), ("no heads", "head_count"),
      ("odd head", "blk.0.attn_q.weight"), ("no tensors", "tensors"),
    ])
  func refusesOthers(attack: String, mention: String) throws {
    var builder = GGUFBuilder()
    builder.add("general.architecture", "llama")
    if attack != "no heads" { builder.add("llama.attention.head_count", 2) }
    let rows: UInt64 = attack == "odd head" ? 6 : 8
    let bytes = [UInt8](repeating: 0, count: Int(rows) * 4)
    switch attack {
    case "other tensor": builder.addTensor(mention, [8], bytes)
    case "layer with a sign": builder.addTensor(mention, [8], bytes)
    case "tensor of rank 3": builder.addTensor(mention, [2, 2, 2], bytes)
    case "no tensors": break
    default: builder.addTensor("blk.0.attn_q.weight", [1, rows], bytes)
    }
    let text = failure { try open(builder) }
    #expect(text.contains(mention), "\(text)")
  }

  @Test("Small tensors that say something of the model are read, and are no parameters")
  func readsExclusions() throws {
    var builder = GGUFBuilder()
    builder.add("general.architecture", "llama")
    builder.addTensor("rope_freqs.weight", [2], GGUFBuilder.floats([1, 8]))
    builder.addTensor("output_norm.weight", [2], GGUFBuilder.floats([3, 4]))
    let store = try open(builder)
    #expect(store.excludedElements("rope_freqs.weight") == [1, 8])
    #expect(store.parameters.parameters.map(\.name) == ["model.norm.weight"])
  }

  @Test("A path that is no model is refused with the system's reason")
  func refusesPaths() throws {
    #expect(failure { try WeightStore.open(path: folder.path) }.contains("config.json"))
    let empty = try folder.write([], as: "empty.gguf")
    #expect(failure { try WeightStore.open(path: folder.path + "/none") }.contains("No such file"))
    #expect(failure { try WeightStore.open(path: empty) }.contains("the file is empty"))
    #expect(failure { try WeightStore.open(path: "/dev/null") }.contains("not a regular file"))
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    #expect(failure { try WeightStore.open(path: pipe) }.contains("not a regular file"))
  }

  @Test("Rows outside a tensor are a programming error")
  func trapsOutside() async {
    await #expect(processExitsWith: .failure) {
      // A set-up that fails is a success here, and the test fails.
      guard let store = try? WeightStoreTests().open(.small()) else { return }
      let tile = Matrix(rows: 2, columns: 2)
      store.load(2..<4, of: 0, into: tile)
    }
  }
}
