/// Keys of files that say nothing of what a model computes from tokens to logits.
enum MeaninglessKeys {
  /// Returns whether a key of `config.json` is one: about training, generating text, the program that
  /// wrote it, other tasks, or tokens, which the tokenizer reads.
  static func json(_ key: String) -> Bool {
    jsonKeys.contains(key) || jsonPrefixes.contains { key.hasPrefix($0) }
      || jsonSuffixes.contains { key.hasSuffix($0) }
  }

  private static let jsonKeys: Set<String> = [
    "architectures", "model_type", "dtype", "torch_dtype", "auto_map", "quantization_config",
    "initializer_range", "init_std", "gradient_checkpointing", "layerdrop", "pretraining_tp",
    "problem_type", "return_dict", "task_specific_params", "finetuning_task", "id2label",
    "label2id", "num_labels", "is_decoder", "is_encoder_decoder", "chunk_size_feed_forward",
    "keys_to_ignore_at_inference", "tie_encoder_decoder", "torchscript", "pruned_heads", "prefix",
    "slow_but_exact", "reorder_and_upcast_attn", "masked_softmax_fusion", "hyperparameters",
    "n_ctx", "seq_length", "model_max_length", "tokenizer_class", "attn_implementation",
    "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "temperature", "top_k",
    "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
    "bad_words_ids", "cross_attention_hidden_size", "add_cross_attention", "remove_invalid_values",
    "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
    "num_return_sequences", "num_beam_groups", "diversity_penalty", "encoder_no_repeat_ngram_size",
    "forced_bos_token_id", "forced_eos_token_id", "use_bfloat16", "tf_legacy_loss", "language",
    "offset_alibi", "bias_dropout_fusion", "skip_bias_add", "skip_bias_add_qkv",
    "attention_softmax_in_fp32",
    "unk_token_id", "max_window_layers", "rope_interleaved", "cache_implementation",
    "extra_special_tokens",
  ]
  private static let jsonPrefixes = [
    // What begins so is private to the program that wrote it; what is not is read by its family.
    "_", "transformers", "use_cache",
    "use_flash", "summary_", "output_", "unsloth", "return_dict_",
  ]
  private static let jsonSuffixes = [
    "_token_id", "_token_ids", "_token_index", "dropout", "_pdrop", "_version", "_dropout_prob",
  ]

  /// Returns whether a key of a GGUF file, without its architecture, is one.
  static func gguf(_ key: String) -> Bool { ggufKeys.contains(key) }

  private static let ggufKeys: Set<String> = [
    "vocab_size", "tensor_data_layout", "rope.scaling.finetuned",
    "rope.scaling.original_context_length",
  ]
}
