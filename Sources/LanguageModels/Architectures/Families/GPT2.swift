internal import Bytes
internal import Kernels
internal import Weights

extension Architecture {
  /// GPT-2: layer norms, learned positions, biases everywhere, and matrices whose rows are inputs.
  ///
  /// Source: Radford et al. 2019, and `modeling_gpt2.py` of transformers.
  public static let gpt2 = Architecture(
    "GPT2LMHeadModel", modelType: "gpt2", gguf: "gpt2",
    tensors: [
      .embedding: TensorNames("transformer.wte", "token_embd"),
      .positionEmbedding: TensorNames("transformer.wpe", "position_embd"),
      .norm: TensorNames("transformer.ln_f", "output_norm"),
      .head: TensorNames("lm_head", "output"),
      .attentionNorm: TensorNames("transformer.h.*.ln_1", "blk.*.attn_norm"),
      .queryKeyValue: TensorNames("transformer.h.*.attn.c_attn", "blk.*.attn_qkv", .transposed),
      .attentionOutput: TensorNames(
        "transformer.h.*.attn.c_proj", "blk.*.attn_output", .transposed),
      .feedForwardNorm: TensorNames("transformer.h.*.ln_2", "blk.*.ffn_norm"),
      .up: TensorNames("transformer.h.*.mlp.c_fc", "blk.*.ffn_up", .transposed),
      .down: TensorNames("transformer.h.*.mlp.c_proj", "blk.*.ffn_down", .transposed),
    ],
    keys: ConfigurationKeys(
      hidden: "n_embd", feedForward: "n_inner", layers: "n_layer", heads: "n_head",
      keyValueHeads: nil, headSize: nil, context: "n_positions", epsilon: "layer_norm_epsilon",
      activation: "activation_function",
      aliases: [
        "n_embd": "hidden_size", "n_layer": "num_hidden_layers", "n_head": "num_attention_heads",
        "n_positions": "max_position_embeddings",
      ],
      feedForwardMultiple: 4, tiesByDefault: true),
    exclusions: [
      .init("*.attn.bias", reason: "a mask of positions, not trained"),
      .init("*.attn.masked_bias", reason: "a mask of positions, not trained"),
    ],
    optionalPrefix: "transformer.",
    design: { c in
      c.useLayerNorms(.geluTanh)
      c.positionOffset = 0
      c.useNoRotation()
    },
    json: { fields, c throws(ModelError) in
      try fields.require("scale_attn_weights", .bool(true))
      try fields.require("scale_attn_by_inverse_layer_idx", .bool(false))
    })
}
