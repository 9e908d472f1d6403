internal import Weights

extension Architecture {
  /// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values, whose rows lie as they are.
  ///
  /// Source: Yang et al. 2024 (arXiv:2407.10671).
  public static let qwen2 = Architecture(
    name: "Qwen2ForCausalLM", modelType: "qwen2", hasAttentionBiases: true,
    unsupportedSwitches: ["use_sliding_window"],
    naming: TensorNaming(
      architecture: "qwen2", tensors: TensorNaming.decoder() + TensorNaming.attentionBiases))
}
