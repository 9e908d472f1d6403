/// Keys of files that say nothing of what a model computes from tokens to logits.
///
/// What is not one, and no family reads, is an error: a model that computes something else than its file
/// says is worse than none.
enum MeaninglessKeys {
  /// Returns whether a key of `config.json` is one: about training, generating text, the program that
  /// wrote it, other tasks, or tokens, which the tokenizer reads; or without a word of what models
  /// compute.
  static func json(_ key: String) -> Bool {
    let name = key.lowercased()
    // What begins so is private to the program that wrote it; what is not is read by its family.
    return jsonKeys.contains(name) || name.hasPrefix("_") || name.hasPrefix("summary_")
      || name.hasPrefix("output_") || jsonEnds.contains { name.hasSuffix($0) }
      || !computingWords.contains { name.contains($0) }
  }

  private static let jsonKeys: Set<String> = [
    "gradient_checkpointing", "layerdrop", "pruned_heads", "chunk_size_feed_forward",
    "masked_softmax_fusion", "attn_implementation", "attention_softmax_in_fp32",
    "reorder_and_upcast_attn", "add_cross_attention", "cross_attention_hidden_size",
    "offset_alibi", "bias_dropout_fusion", "skip_bias_add", "skip_bias_add_qkv",
    "max_window_layers", "rope_interleaved", "use_flash_attn", "use_flash_attention",
    "use_flash_attention_2", "tie_encoder_decoder", "layer_norm_training",
    "scale_attention_softmax_in_fp32", "quantization_config",
  ]
  private static let jsonEnds = [
    "_token_id", "_token_ids", "_token_index", "dropout", "_pdrop", "_version", "_dropout_prob",
  ]
  private static let computingWords = [
    "rope", "rotary", "scal", "cap", "multipl", "norm", "attn", "attention", "window", "slid",
    "_act", "activation", "bias", "position", "alibi", "expert", "moe", "router", "head", "layer",
    "embed", "logit", "residual", "mlp", "ffn", "hidden", "parallel", "tie", "qk", "mixer", "ssm",
    "conv", "recur", "mask", "causal", "theta", "factor", "cross", "softmax", "kv_", "gate",
  ]

  /// Returns whether a key of a GGUF file, without its architecture, is one.
  static func gguf(_ key: String) -> Bool { ggufKeys.contains(key) }

  private static let ggufKeys: Set<String> = [
    "vocab_size", "tensor_data_layout", "rope.scaling.finetuned",
    "rope.scaling.original_context_length",
  ]
}
