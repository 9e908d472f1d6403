internal import Bytes
internal import Kernels

extension Architecture {
  /// OPT: layer norms, learned positions that begin at row 2, biases everywhere, ReLU.
  ///
  /// llama.cpp has no such models. Source: Zhang et al. 2022 (arXiv:2205.01068).
  public static let opt = Architecture(
    "OPTForCausalLM", modelType: "opt", gguf: nil,
    tensors: [
      .embedding: TensorNames("model.decoder.embed_tokens", "token_embd"),
      .positionEmbedding: TensorNames("model.decoder.embed_positions", "position_embd"),
      .norm: TensorNames("model.decoder.final_layer_norm", "output_norm"),
      .head: TensorNames("lm_head", "output"),
      .attentionNorm: layer("self_attn_layer_norm", "attn_norm"),
      .query: layer("self_attn.q_proj", "attn_q"), .key: layer("self_attn.k_proj", "attn_k"),
      .value: layer("self_attn.v_proj", "attn_v"),
      .attentionOutput: layer("self_attn.out_proj", "attn_output"),
      .feedForwardNorm: layer("final_layer_norm", "ffn_norm"),
      .up: layer("fc1", "ffn_up"), .down: layer("fc2", "ffn_down"),
    ],
    keys: ConfigurationKeys(
      feedForward: "ffn_dim", keyValueHeads: nil, headSize: nil, epsilon: nil,
      activation: "activation_function", tiesByDefault: true),
    optionalPrefix: "model.",
    design: { c in
      c.useLayerNorms(.relu)
      c.positionOffset = 2
      c.useNoRotation()
    },
    json: { fields, c throws(ModelError) in
      // OPT-350m alone has norms behind its blocks, and another width of embeddings.
      try fields.require("do_layer_norm_before", .bool(true))
      try fields.require("word_embed_proj_dim", .integer(c.hiddenSize))
      try fields.require("enable_bias", .bool(true))
      try fields.require("layer_norm_elementwise_affine", .bool(true))
      try fields.require("_remove_final_layer_norm", .bool(false))
    })

  private static func layer(_ name: String, _ ggufName: String) -> TensorNames {
    TensorNames("model.decoder.layers.*.\(name)", "blk.*.\(ggufName)")
  }
}
