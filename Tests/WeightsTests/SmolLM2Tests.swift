import Bytes
import Crypto
import Foundation
import Tensors
import TestSupport
import Testing
import Weights

@Suite(
  "SmolLM2 in GGUF",
  .enabled(
    if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel), "\(RealInputs.noModel)"))
struct SmolLM2Tests {
  private func open() throws -> WeightStore {
    try WeightStore.open(path: try #require(RealInputs.smolLM2))
  }

  /// From Tests/Golden/smollm2_tensor_hashes.py: the Python package gguf dequantises.
  static let golden = [
    "model.embed_tokens.weight":
      "3fd491c8066dd9dc1a2bf6796701526c82817d95c0ecabacdef3013c2b8bbbaa",
    "model.layers.0.input_layernorm.weight":
      "2469079d969a361823be8145fa36e15e4c1b933b5261d669357b3deead825cba",
    "model.layers.0.mlp.down_proj.weight":
      "0b78b2226f740ed5594510ed990ea6c2846a6a889ab07cf251e4a489df1d75b0",
    "model.layers.0.self_attn.q_proj.weight":
      "54b377bbfa2deab945dfdba7fb59e0ca3eb74329358bd1b53b635b3ff37c1a56",
    "model.layers.17.self_attn.k_proj.weight":
      "c2c30f32fb4b4c6ff453b52951c4738167425f4a0e963fd3cbf6b322909e76d3",
    "model.layers.29.self_attn.v_proj.weight":
      "ccd13910de7a7987521feaa22b57227cc1ff00a702bea83b345c238c5800fe27",
  ]

  @Test("Tensors have the bits that another implementation reads", arguments: golden)
  func hasGoldenBits(name: String, hash: String) throws {
    let store = try open()
    let index = try #require(store.parameters.index(of: name))
    #expect(hashOfValues(store, index) == hash)
  }

  @Test("All tensors are there, the head tied")
  func hasAllTensors() throws {
    let store = try open()
    #expect(store.parameters.count == 272)
    #expect(store.parameters.elementCount == 134_515_008)
    #expect(store.parameters.index(of: "lm_head.weight") == nil)
  }

  @Test("The vocabulary is read in place")
  func readsVocabulary() throws {
    guard case .gguf(let metadata) = try open().metadata else {
      Issue.record("not GGUF")
      return
    }
    let tokens = try #require(metadata.array("tokenizer.ggml.tokens")?.strings())
    #expect(tokens.reduce(into: 0) { count, _ in count += 1 } == 49_152)
    #expect(tokens.prefix(3).map(\.string) == ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    #expect(metadata.array("tokenizer.ggml.token_type")?.integers()?.prefix(4) == [3, 3, 3, 3])
  }

  @Test("Opening takes milliseconds")
  func opensFast() throws {
    let durations = try (0..<5).map { _ in
      try ContinuousClock().measure { _ = try open() }
    }
    let fastest = try #require(durations.min())
    print("opening SmolLM2: \(fastest)")
    #expect(fastest < .milliseconds(50))
  }
}

/// The SHA-256 of the values of a tensor as little-endian binary32, read in tiles of 64 rows.
func hashOfValues(_ store: WeightStore, _ index: Int) -> String {
  let parameter = store.parameters[index]
  let scratch = Matrix(rows: 64, columns: parameter.columnCount)
  var hash = SHA256()
  for first in stride(from: 0, to: parameter.rowCount, by: 64) {
    let rows = first..<min(first + 64, parameter.rowCount)
    let tile = scratch.rows(0..<rows.count)
    store.load(rows, of: index, into: tile)
    // SAFETY: a contiguous tile has rows.count * columnCount floats from its first.
    unsafe tile.withUnsafeMutablePointer {
      unsafe hash.update(
        bufferPointer: UnsafeRawBufferPointer(
          start: $0, count: rows.count * parameter.columnCount * 4))
    }
  }
  return hash.finalize().map { String(format: "%02x", $0) }.joined()
}
