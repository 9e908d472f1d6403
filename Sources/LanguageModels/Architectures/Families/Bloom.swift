internal import Bytes
internal import Kernels

extension Architecture {
  /// BLOOM: scores that fall with distance instead of positions, and a norm of the embedding.
  ///
  /// Source: BigScience 2022 (arXiv:2211.05100).
  public static let bloom = Architecture(
    "BloomForCausalLM", modelType: "bloom", gguf: "bloom",
    tensors: [
      .embedding: TensorNames("transformer.word_embeddings", "token_embd"),
      .embeddingNorm: TensorNames("transformer.word_embeddings_layernorm", "token_embd_norm"),
      .norm: TensorNames("transformer.ln_f", "output_norm"),
      .head: TensorNames("lm_head", "output"),
      .attentionNorm: layer("input_layernorm", "attn_norm"),
      .queryKeyValue: layer(
        "self_attention.query_key_value", "attn_qkv",
        .ungrouped(headCountKey: "bloom.attention.head_count")),
      .attentionOutput: layer("self_attention.dense", "attn_output"),
      .feedForwardNorm: layer("post_attention_layernorm", "ffn_norm"),
      .up: layer("mlp.dense_h_to_4h", "ffn_up"), .down: layer("mlp.dense_4h_to_h", "ffn_down"),
    ],
    keys: ConfigurationKeys(
      feedForward: "n_inner", layers: "n_layer", heads: "n_head", keyValueHeads: nil,
      headSize: nil, context: "seq_length", epsilon: "layer_norm_epsilon", activation: nil,
      aliases: [
        "hidden_size": "n_embed", "n_head": "num_attention_heads", "n_layer": "num_hidden_layers",
      ],
      feedForwardMultiple: 4, contextDefault: 2048, tiesByDefault: true),
    optionalPrefix: "transformer.",
    design: { c in
      c.useLayerNorms(.geluTanh)
      c.hasAttentionSlopes = true
      c.useNoRotation()
    },
    json: { fields, c throws(ModelError) in
      try fields.require("apply_residual_connection_post_layernorm", .bool(false))
    })

  private static func layer(
    _ name: String, _ ggufName: String, _ form: TensorNames.Form? = nil
  ) -> TensorNames {
    TensorNames("transformer.h.*.\(name)", "blk.*.\(ggufName)", form)
  }
}
