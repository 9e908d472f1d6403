import Bytes
import Foundation
import Kernels
import Tensors
import Testing
import Weights

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    // In memory where possible: the fuzz loops write thousands of files.
    let inMemory = "/dev/shm"
    let isWritable = FileManager.default.isWritableFile(atPath: inMemory)
    path =
      (isWritable ? inMemory + "/" : NSTemporaryDirectory()) + "weights-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file into the folder and returns its path.
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    let file = path + "/" + name
    // A new file: one that is cut short under a mapping raises SIGBUS there.
    try? FileManager.default.removeItem(atPath: file)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  func write(_ text: String, as name: String) throws -> String {
    try write(Array(text.utf8), as: name)
  }

  /// The names of the files in the folder, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

/// A generator for inputs (SplitMix64).
struct Inputs: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Returns `bytes` with one to four changes: a byte, a bit, an 8-byte number, a cut or a repetition.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !result.isEmpty {
      let place = Int.random(in: 0..<result.count, using: &self)
      switch Int.random(in: 0..<8, using: &self) {
      case 0, 1, 2: result[place] = UInt8.random(in: 0...255, using: &self)
      case 3, 4: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 5, 6:
        let extremes: [UInt64] = [0, 1, 1 << 31, 1 << 62, 1 << 63, .max, .max - 7]
        let number = extremes[Int.random(in: 0..<extremes.count, using: &self)]
        for index in 0..<min(8, result.count - place) {
          result[place + index] = UInt8(truncatingIfNeeded: number >> (index * 8))
        }
      default: result.removeSubrange(place...)
      }
    }
    return result
  }
}

extension TensorNaming {
  /// An architecture of few names, whose queries and keys are interleaved.
  static let test = TensorNaming(
    architecture: "llama",
    tensors: [
      Tensor("model.embed_tokens.weight", gguf: "token_embd.weight"),
      Tensor("model.norm.weight", gguf: "output_norm.weight"),
      Tensor("lm_head.weight", gguf: "output.weight"),
      Tensor("model.layers.*.input_layernorm.weight", gguf: "blk.*.attn_norm.weight"),
      Tensor(
        "model.layers.*.self_attn.q_proj.weight", gguf: "blk.*.attn_q.weight",
        form: .interleaved(headCountKeys: ["llama.attention.head_count"])),
      Tensor(
        "model.layers.*.self_attn.k_proj.weight", gguf: "blk.*.attn_k.weight",
        form: .interleaved(
          headCountKeys: ["llama.attention.head_count_kv", "llama.attention.head_count"])),
      Tensor("model.layers.*.self_attn.v_proj.weight", gguf: "blk.*.attn_v.weight"),
      Tensor("model.layers.*.self_attn.o_proj.weight", gguf: "blk.*.attn_output.weight"),
      Tensor("model.layers.*.post_attention_layernorm.weight", gguf: "blk.*.ffn_norm.weight"),
      Tensor("model.layers.*.mlp.gate_proj.weight", gguf: "blk.*.ffn_gate.weight"),
      Tensor("model.layers.*.mlp.up_proj.weight", gguf: "blk.*.ffn_up.weight"),
      Tensor("model.layers.*.mlp.down_proj.weight", gguf: "blk.*.ffn_down.weight"),
    ],
    exclusions: [
      Exclusion("rope_freqs.weight", reason: "not trained", isRead: true),
      Exclusion("*.rotary_emb.inv_freq", reason: "not trained"),
    ])
}

extension WeightStore {
  /// Opens a model whose tensors have the names of ``TensorNaming/test``.
  static func open(
    path: String, context: ComputeContext = ComputeContext()
  ) throws(WeightsError) -> WeightStore {
    try open(path: path, context: context) { metadata in
      var naming = TensorNaming.test
      if case .huggingFace(let folder) = metadata,
        folder.configuration["tie_word_embeddings"]?.bool == true
      {
        naming.exclusions.append(
          TensorNaming.Exclusion("lm_head.weight", reason: "tied to the embedding"))
      }
      return naming
    }
  }

  /// Returns a whole tensor, loaded in tiles of `rowsPerTile` rows.
  func values(of name: String, rowsPerTile: Int = 7) throws -> [Float] {
    let index = try #require(parameters.index(of: name), "no tensor \(name)")
    let parameter = parameters[index]
    return stride(from: 0, to: parameter.rowCount, by: rowsPerTile).flatMap { first in
      let rows = first..<min(first + rowsPerTile, parameter.rowCount)
      let matrix = Matrix(rows: rows.count, columns: parameter.columnCount)
      load(rows, of: index, into: matrix)
      return matrix.elements
    }
  }
}

/// Opens the model at `path` and touches everything a caller can reach.
func readEverything(path: String) throws {
  let store = try WeightStore.open(path: path, context: ComputeContext(instructionSet: .scalar))
  for parameter in store.parameters.parameters { _ = try store.values(of: parameter.name) }
  if case .gguf(let metadata) = store.metadata {
    for key in metadata.keys { readEverything(in: metadata, key) }
  }
}

private func readEverything(in metadata: GGUFMetadata, _ key: String) {
  _ = (metadata.string(key), metadata.integer(key), metadata.float(key), metadata.bool(key))
  guard let array = metadata.array(key) else { return }
  _ = (array.integers(), array.floats(), array.strings()?.map(\.string))
}
