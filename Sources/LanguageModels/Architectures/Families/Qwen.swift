internal import Bytes

extension Architecture {
  /// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values, whose rows lie as they are.
  ///
  /// Source: Yang et al. 2024 (arXiv:2407.10671).
  public static let qwen2 = Architecture(
    "Qwen2ForCausalLM", modelType: "qwen2", gguf: "qwen2", tensors: .llama(),
    design: { $0.biases = [.query, .key, .value] },
    json: { fields, c throws(ModelError) in
      try fields.require("attention_bias", .bool(true))
      try readQwenWindows(&fields, &c)
    })

  /// Qwen3: Llama with a norm on each head of queries and keys.
  ///
  /// Source: Yang et al. 2025 (arXiv:2505.09388).
  public static let qwen3 = Architecture(
    "Qwen3ForCausalLM", modelType: "qwen3", gguf: "qwen3", tensors: .llama().with(.headNorms()),
    json: { fields, c throws(ModelError) in
      try c.readAttentionBiases(&fields)
      try readQwenWindows(&fields, &c)
    },
    describe: \.jsonBiases)

  /// Windows begin behind `max_window_layers` layers, where they are switched on.
  @Sendable private static func readQwenWindows(
    _ fields: inout ModelFields, _ c: inout ModelConfiguration
  ) throws(ModelError) {
    let isLocal = try fields.flag("use_sliding_window", default: false)
    let first = try fields.integer("max_window_layers", default: 28)
    try c.readWindows(&fields) { isLocal && $0 >= first }
  }
}
