extension Architecture {
  /// OLMo 2: Llama whose norms stand behind the blocks, and on all of a position's queries and keys.
  ///
  /// Source: OLMo Team 2024 (arXiv:2501.00656), section 3.2.
  public static let olmo2 = Architecture(
    "Olmo2ForCausalLM", modelType: "olmo2", gguf: "olmo2",
    tensors: .llama().without(.attentionNorm, .feedForwardNorm).with(.headNorms())
      .with(.postNorms(attention: "post_attention_layernorm")),
    keys: ConfigurationKeys(mayTieInGGUF: false), design: { $0.normalisesHeads = false },
    json: { fields, c throws(ModelError) in try c.readAttentionBiases(&fields) },
    describe: \.jsonBiases)
}
