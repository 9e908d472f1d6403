internal import Bytes

extension Architecture {
  /// Llama 1 to 3 and what is built like it, such as SmolLM2.
  ///
  /// GGUF files interleave the rows of queries and keys by heads. Source: Touvron et al. 2023
  /// (arXiv:2302.13971).
  public static let llama = Architecture(
    "LlamaForCausalLM", modelType: "llama", gguf: "llama", tensors: .interleavedLlama("llama"),
    keys: ConfigurationKeys(aliases: ["max_position_embeddings": "max_sequence_length"]),
    json: { fields, c throws(ModelError) in
      try c.readAttentionBiases(&fields)
      if try fields.flag("mlp_bias", default: false) { c.biases.formUnion([.gate, .up, .down]) }
    },
    describe: { $0.jsonBiases.merging(["mlp_bias": .bool($0.biases.contains(.down))]) { $1 } })

  /// Mistral: Llama in which a position may see a window of those before it.
  ///
  /// llama.cpp takes it for Llama. Source: Jiang et al. 2023 (arXiv:2310.06825).
  public static let mistral = Architecture(
    "MistralForCausalLM", modelType: "mistral", gguf: "llama", tensors: .interleavedLlama("llama"),
    json: { fields, c throws(ModelError) in try c.readWindows(&fields) { _ in true } },
    describe: \.jsonWindow)

  /// SmolLM3: Llama of which every fourth layer does not rotate.
  ///
  /// Source: `modeling_smollm3.py` of transformers.
  public static let smolLM3 = Architecture(
    "SmolLM3ForCausalLM", modelType: "smollm3", gguf: "smollm3",
    tensors: .interleavedLlama("smollm3"), keys: ConfigurationKeys(tiesByDefault: true),
    design: { c in
      for layer in c.layers.indices where layer % 4 == 3 { c.layers[layer].rotary = nil }
    },
    json: { fields, c throws(ModelError) in
      try c.readAttentionBiases(&fields)
      if try fields.flag("mlp_bias", default: false) { c.biases.formUnion([.gate, .up, .down]) }
      let isLocal = try fields.flag("use_sliding_window", default: false)
      try c.readWindows(&fields) { _ in isLocal }
      let interval = try fields.integer("no_rope_layer_interval", default: 4)
      let rotates = try fields.array("no_rope_layers")?.map { $0 != .integer(0) }
      for layer in c.layers.indices {
        let isLast = interval > 0 && layer % interval == interval - 1
        let rotates = rotates.map { layer < $0.count && $0[layer] } ?? !isLast
        c.layers[layer].rotary = rotates ? 0 : nil
      }
    },
    describe: { c in
      let biases = c.jsonBiases.merging(["mlp_bias": .bool(c.biases.contains(.down))]) { $1 }
      let rotates = c.layers.map { JSON.integer($0.rotary == nil ? 0 : 1) }
      return biases.merging(["no_rope_layers": .array(rotates)]) { $1 }
    })
}

extension [TensorRole: TensorNames] {
  /// Llama's tensors, of which GGUF files interleave the rows of queries and keys.
  ///
  /// - Parameter family: The prefix of the metadata keys.
  static func interleavedLlama(_ family: String) -> Self {
    .llama(
      queries: .interleaved(["\(family).attention.head_count"]),
      keys: .interleaved(["\(family).attention.head_count_kv", "\(family).attention.head_count"]))
  }
}
