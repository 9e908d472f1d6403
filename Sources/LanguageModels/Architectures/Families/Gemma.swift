internal import Bytes
internal import Kernels

extension Architecture {
  /// Gemma: Llama with other norms and activations, and scaled embeddings.
  ///
  /// Source: Gemma Team 2024 (arXiv:2403.08295).
  public static let gemma = Architecture(
    "GemmaForCausalLM", modelType: "gemma", gguf: "gemma", tensors: .llama(norms: .plusOne),
    keys: ConfigurationKeys(activation: nil, tiesByDefault: true), design: gemmaDesign,
    json: { fields, c throws(ModelError) in
      try c.readGemmaActivation(&fields)
      try c.readAttentionBiases(&fields)
    },
    describe: { _ in ["hidden_activation": .string("gelu_pytorch_tanh")] })

  /// Gemma 2: norms behind both blocks too, soft caps, and windows in every other layer.
  ///
  /// Source: Gemma Team 2024 (arXiv:2408.00118).
  public static let gemma2 = Architecture(
    "Gemma2ForCausalLM", modelType: "gemma2", gguf: "gemma2", tensors: gemma2Tensors,
    keys: ConfigurationKeys(activation: nil, tiesByDefault: true), design: gemmaDesign,
    json: { fields, c throws(ModelError) in
      try c.readGemma(&fields)
      try c.readWindows(&fields) { $0 % 2 == 0 }
      c.attentionCap = try fields.cap("attn_logit_softcapping", default: 50)
      c.logitCap = try fields.cap("final_logit_softcapping", default: 30)
    },
    ggufFields: { fields, c throws(ModelError) in
      let window = try fields.integer("attention.sliding_window")
      for layer in stride(from: 0, to: c.layerCount, by: 2) { c.layers[layer].window = window }
      c.attentionCap = try fields.cap("attn_logit_softcapping", default: 50)
      c.logitCap = try fields.cap("final_logit_softcapping", default: 30)
      // The 27B model alone scales by the width of the model.
      if c.layerCount == 46 { c.scaleByWidth() }
    },
    describe: \.gemmaFields)

  /// Gemma 3, its text model: norms on heads instead of caps, five local layers to each global one,
  /// which rotate by another base.
  ///
  /// Source: Gemma Team 2025 (arXiv:2503.19786).
  public static let gemma3 = Architecture(
    "Gemma3ForCausalLM", modelType: "gemma3_text", gguf: "gemma3",
    tensors: gemma2Tensors.with(.headNorms(.plusOne)),
    keys: ConfigurationKeys(activation: nil, tiesByDefault: true, hasRotaryKinds: true),
    design: gemmaDesign,
    json: { fields, c throws(ModelError) in
      try c.readGemma(&fields)
      let older = try fields.integer("sliding_window_pattern", default: 6)
      let interval = max(1, try fields.integer("_sliding_window_pattern", default: older))
      try c.readWindows(&fields) { ($0 + 1) % interval != 0 }
      c.attentionCap = try fields.cap("attn_logit_softcapping", default: nil)
      c.logitCap = try fields.cap("final_logit_softcapping", default: nil)
      try c.readGemma3Rotaries(&fields)
    },
    ggufFields: { fields, c throws(ModelError) in
      let window = try fields.integer("attention.sliding_window")
      for layer in c.layers.indices where (layer + 1) % 6 != 0 { c.layers[layer].window = window }
      c.logitCap = try fields.cap("final_logit_softcapping", default: nil)
      c.rotateLocally(
        by: Rotary(
          base: try fields.float("rope.freq_base_swa", default: 10000), size: c.headSize))
      // The 27B model alone scales by the width of the model.
      if c.layerCount == 62 { c.scaleByWidth() }
    },
    describe: { c in
      var fields = c.gemmaFields
      fields["rope_local_base_freq"] = .number(Double(c.rotaries[0].base))
      fields["rope_theta"] = .number(Double(c.rotaries[1].base))
      if case .linear(let factor) = c.rotaries[1].scaling {
        fields["rope_scaling"] = JSON(members: [
          "rope_type": .string("linear"), "factor": .number(Double(factor)),
        ])
      }
      return fields
    })

  private static let gemma2Tensors: [TensorRole: TensorNames] =
    .llama(norms: .plusOne).with(.postNorms(attention: "post_attention_layernorm", .plusOne)).with([
      .feedForwardNorm: TensorNames(
        "model.layers.*.pre_feedforward_layernorm", "blk.*.ffn_norm", .plusOne)
    ])

  @Sendable private static func gemmaDesign(_ c: inout ModelConfiguration) {
    c.norm = .rmsPlusOne
    c.activation = .geluTanh
    c.embeddingScale = Float(c.hiddenSize).squareRoot()
  }
}

extension ModelConfiguration {
  fileprivate var gemmaFields: [String: JSON] {
    [
      "hidden_activation": .string("gelu_pytorch_tanh"),
      "query_pre_attn_scalar": .number(Double((1 / (attentionScale * attentionScale)).rounded())),
      "attn_logit_softcapping": attentionCap.map { .number(shortest($0)) } ?? .null,
      "final_logit_softcapping": logitCap.map { .number(shortest($0)) } ?? .null,
      "layer_types": .array(
        layers.map { .string($0.window == nil ? "full_attention" : "sliding_attention") }),
    ].merging(jsonWindow) { $1 }
  }

  fileprivate mutating func scaleByWidth() {
    attentionScale = 1 / (Float(hiddenSize) / Float(headCount)).squareRoot()
  }

  fileprivate mutating func readGemmaActivation(
    _ fields: inout ModelFields
  ) throws(ModelError) {
    // Older files say "gelu" here for what always was its approximation.
    fields.ignore("hidden_act")
    try fields.require("hidden_activation", .string("gelu_pytorch_tanh"))
    try fields.require("use_bidirectional_attention", .bool(false))
  }

  fileprivate mutating func readGemma(_ fields: inout ModelFields) throws(ModelError) {
    try readGemmaActivation(&fields)
    try readAttentionBiases(&fields)
    attentionScale = 1 / (try fields.float("query_pre_attn_scalar", default: 256)).squareRoot()
  }

  /// Older files have a base of local layers beside the usual keys; newer ones an object for each kind.
  fileprivate mutating func readGemma3Rotaries(_ fields: inout ModelFields) throws(ModelError) {
    var local = Rotary(
      base: try fields.float("rope_local_base_freq", default: 10000), size: headSize)
    guard var kinds = try fields.object("rope_parameters"), kinds.has("full_attention") else {
      rotaries[0] = try Rotary(&fields, &self, base: 1_000_000)
      return rotateLocally(by: local)
    }
    fields.ignore("rope_theta", "rope_scaling")
    if var kind = try kinds.object("full_attention") {
      rotaries[0] = try Rotary(of: &kind, &self, share: 1, base: 1_000_000)
    }
    if var kind = try kinds.object("sliding_attention") {
      local = try Rotary(of: &kind, &self, share: 1, base: 10000)
    }
    try kinds.finish()
    rotateLocally(by: local)
  }

  /// Gives layers with a window a rotary embedding of their own.
  fileprivate mutating func rotateLocally(by rotary: Rotary) {
    rotaries = [rotary, rotaries[0]]
    for layer in layers.indices { layers[layer].rotary = layers[layer].window == nil ? 1 : 0 }
  }
}

extension ModelFields {
  /// Returns a soft cap; null is none.
  fileprivate mutating func cap(
    _ key: String, default other: Float?
  ) throws(ModelError) -> Float? {
    guard has(key) else { return other }
    guard value(key) != nil else { return nil }
    return try float(key)
  }
}
