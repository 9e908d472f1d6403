internal import Bytes
internal import Kernels
internal import Weights

extension Architecture {
  /// GPT-NeoX and Pythia: both blocks on the same input, heads that rotate in part, and one tensor of
  /// queries, keys and values, head by head.
  ///
  /// Source: Black et al. 2022 (arXiv:2204.06745).
  public static let gptNeoX = Architecture(
    "GPTNeoXForCausalLM", modelType: "gpt_neox", gguf: "gptneox",
    tensors: [
      .embedding: TensorNames("gpt_neox.embed_in", "token_embd"),
      .norm: TensorNames("gpt_neox.final_layer_norm", "output_norm"),
      .head: TensorNames("embed_out", "output"),
      .attentionNorm: layer("input_layernorm", "attn_norm"),
      .queryKeyValue: layer(
        "attention.query_key_value", "attn_qkv",
        .ungrouped(headCountKey: "gptneox.attention.head_count")),
      .attentionOutput: layer("attention.dense", "attn_output"),
      .feedForwardNorm: layer("post_attention_layernorm", "ffn_norm"),
      .up: layer("mlp.dense_h_to_4h", "ffn_up"), .down: layer("mlp.dense_4h_to_h", "ffn_down"),
    ],
    keys: ConfigurationKeys(
      keyValueHeads: nil, headSize: nil, epsilon: "layer_norm_eps", mayTieInGGUF: false),
    exclusions: [
      .init("*.attention.bias", reason: "a mask of positions, not trained"),
      .init("*.attention.masked_bias", reason: "a mask of positions, not trained"),
    ],
    design: { c in
      c.useLayerNorms(.gelu)
      c.isParallel = true
    },
    json: { fields, c throws(ModelError) in
      c.isParallel = try fields.flag("use_parallel_residual", default: true)
      if try !fields.flag("attention_bias", default: true) {
        c.biases.subtract([.queryKeyValue, .attentionOutput])
      }
      // Older files have names of their own for the base and the share of a head that rotates.
      let base = try fields.float("rotary_emb_base", default: c.ropeBase)
      let share = try fields.float("rotary_pct", default: 0.25)
      c.rotaries[0] = try Rotary(&fields, &c, share: share, base: base)
    },
    ggufFields: { fields, c throws(ModelError) in
      c.isParallel = try fields.flag("use_parallel_residual", default: true)
    },
    describe: { c in
      [
        "use_parallel_residual": .bool(c.isParallel),
        "attention_bias": .bool(c.biases.contains(.queryKeyValue)),
        "rotary_emb_base": .number(Double(c.ropeBase)),
        "rotary_pct": .number(Double(c.rotaries[0].size) / Double(c.headSize)),
      ]
    })

  private static func layer(
    _ name: String, _ ggufName: String, _ form: TensorNames.Form? = nil
  ) -> TensorNames {
    TensorNames("gpt_neox.layers.*.\(name)", "blk.*.\(ggufName)", form)
  }
}
