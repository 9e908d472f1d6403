internal import Bytes

extension Architecture {
  /// Phi-3 and Phi-4-mini: Llama whose queries, keys and values are one tensor, and gate and up another.
  ///
  /// Source: Abdin et al. 2024 (arXiv:2404.14219).
  public static let phi3 = Architecture(
    "Phi3ForCausalLM", modelType: "phi3", gguf: "phi3",
    tensors: .llama().without(.query, .key, .value, .gate, .up).with([
      .queryKeyValue: TensorNames("model.layers.*.self_attn.qkv_proj", "blk.*.attn_qkv"),
      .gateUp: TensorNames("model.layers.*.mlp.gate_up_proj", "blk.*.ffn_up"),
    ]),
    json: { fields, c throws(ModelError) in
      try fields.require("full_attn_mod", .integer(1))
      try fields.require("interpolate_factor", .integer(1))
      try c.readWindows(&fields) { _ in true }
    },
    ggufFields: { fields, c throws(ModelError) in
      let window = try fields.integer("attention.sliding_window", default: 0)
      guard window > 0 else { return }
      for layer in c.layers.indices { c.layers[layer].window = window }
    },
    describe: \.jsonWindow)
}
