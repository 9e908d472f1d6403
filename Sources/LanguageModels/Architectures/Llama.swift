internal import Weights

extension Architecture {
  /// Llama 1 to 3 and what is built like it, such as SmolLM2.
  ///
  /// GGUF files interleave the rows of queries and keys by heads. Source: Touvron et al. 2023
  /// (arXiv:2302.13971).
  public static let llama = Architecture(
    name: "LlamaForCausalLM", modelType: "llama", hasAttentionBiases: false,
    unsupportedSwitches: ["attention_bias", "mlp_bias"],
    naming: TensorNaming(
      architecture: "llama",
      tensors: TensorNaming.decoder(
        queries: ["llama.attention.head_count"],
        keys: ["llama.attention.head_count_kv", "llama.attention.head_count"]),
      exclusions: [.rotaryFactors]))
}
