internal import Bytes
internal import Kernels

extension Architecture {
  /// StarCoder2: Llama's attention between layer norms, biases everywhere, no gate.
  ///
  /// Source: Lozhkov et al. 2024 (arXiv:2402.19173).
  public static let starCoder2 = Architecture(
    "Starcoder2ForCausalLM", modelType: "starcoder2", gguf: "starcoder2",
    tensors: .llama().without(.gate).with([
      .up: TensorNames("model.layers.*.mlp.c_fc", "blk.*.ffn_up"),
      .down: TensorNames("model.layers.*.mlp.c_proj", "blk.*.ffn_down"),
    ]),
    keys: ConfigurationKeys(
      headSize: nil, epsilon: "norm_epsilon", tiesByDefault: true,
      optionalBiases: TensorRole.linear),
    design: { $0.useLayerNorms(.geluTanh) },
    json: { fields, c throws(ModelError) in
      fields.ignore("layer_norm_epsilon")
      try fields.require("mlp_type", .string("default"))
      try fields.require("norm_type", .string("layer_norm"))
      try fields.require("scale_attn_weights", .bool(true))
      if try !fields.flag("use_bias", default: true) { c.biases = [] }
      try c.readWindows(&fields) { _ in true }
    },
    describe: { ["use_bias": .bool(!$0.biases.isEmpty)] })
}
