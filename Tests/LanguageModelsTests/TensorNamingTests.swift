import Foundation
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Names of tensors")
struct TensorNamingTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  @Test(
    "every tensor of Llama in GGUF has its name in Hugging Face's checkpoints",
    arguments: [
      ("token_embd.weight", "model.embed_tokens.weight"), ("output.weight", "lm_head.weight"),
      ("output_norm.weight", "model.norm.weight"),
      ("blk.12.attn_norm.weight", "model.layers.12.input_layernorm.weight"),
      ("blk.0.attn_v.weight", "model.layers.0.self_attn.v_proj.weight"),
      ("blk.12.attn_output.weight", "model.layers.12.self_attn.o_proj.weight"),
      ("blk.12.ffn_norm.weight", "model.layers.12.post_attention_layernorm.weight"),
      ("blk.12.ffn_gate.weight", "model.layers.12.mlp.gate_proj.weight"),
      ("blk.12.ffn_up.weight", "model.layers.12.mlp.up_proj.weight"),
      ("blk.999.ffn_down.weight", "model.layers.999.mlp.down_proj.weight"),
    ])
  func names(stored: String, canonical: String) throws {
    let path = try folder.gguf(GGUFField.valid, tensor: stored)
    #expect(try WeightStore.open(path: path).parameters.parameters.map(\.name) == [canonical])
  }

  @Test(
    "what is no tensor of Llama is refused by its name",
    arguments: [
      "blk.*.attn_v.weight", "blk.01.attn_v.weight", "blk.-1.attn_v.weight", "blk.0.attn_q.scale",
      "blk..attn_v.weight", "blk.99999999999999999999.attn_v.weight", "model.norm.weight",
      "blk.0.attn_v.weight.1", "attn_v.weight", "",
    ])
  func refuses(stored: String) throws {
    let path = try folder.gguf(GGUFField.valid, tensor: stored)
    let error = #expect(throws: WeightsError.self) { try WeightStore.open(path: path) }
    #expect(error?.description.contains("\(stored.debugDescription): found a tensor of") == true)
  }

  @Test(
    "a file of no known architecture is refused, with the names of those that are",
    arguments: ["rwkv", nil])
  func refusesArchitecture(name: String?) throws {
    var metadata = GGUFField.valid
    metadata["general.architecture"] = name.map { .text($0) }
    let path = try folder.gguf(metadata, tensor: "token_embd.weight")
    let error = #expect(throws: WeightsError.self) { try WeightStore.open(path: path) }
    #expect(error?.description.contains("\"general.architecture\": found") == true)
    #expect(error?.description.contains("\"llama\"") == true)
  }

  @Test("factors of the rotary embedding are no parameters, but say how it scales")
  func rotaryFactors() throws {
    let path = try folder.gguf(GGUFField.valid, tensor: "rope_freqs.weight", elements: [1, 8])
    let error = #expect(throws: WeightsError.self) { try WeightStore.open(path: path) }
    #expect(error?.description.contains("tensors: found none") == true)
  }
}
