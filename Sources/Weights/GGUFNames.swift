/// The canonical, Hugging Face names of the tensors of a GGUF file of architecture `llama`.
enum GGUFNames {
  /// What a GGUF tensor is.
  enum Meaning: Equatable {
    /// A parameter of this canonical name.
    case parameter(String)
    /// A parameter whose rows llama.cpp permutes: see ``RowOrder/interleaved(headSize:)``.
    case queries(String)
    case keys(String)
    /// Factors on the frequencies of the rotary embedding: not trained.
    case rotaryFactors
  }

  private static let outsideLayers = [
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]

  private static let insideLayers = [
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
  ]

  /// Returns what the tensor `name` is, or `nil` if the architecture has no such tensor.
  static func meaning(of name: String) -> Meaning? {
    if name == "rope_freqs.weight" { return .rotaryFactors }
    if let canonical = outsideLayers[name] { return .parameter(canonical) }
    let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "blk", let layer = Int(parts[1]), String(layer) == parts[1],
      layer >= 0, let suffix = insideLayers[String(parts[2])]
    else { return nil }
    let canonical = "model.layers.\(layer).\(suffix)"
    switch parts[2] {
    case "attn_q.weight": return .queries(canonical)
    case "attn_k.weight": return .keys(canonical)
    default: return .parameter(canonical)
    }
  }

  /// Returns the name in the file of the parameter `canonical` and whether llama.cpp permutes its rows,
  /// or `nil` if the architecture has no such parameter.
  static func name(of canonical: String) -> (name: String, isPermuted: Bool)? {
    if let name = outsideLayers.first(where: { $0.value == canonical })?.key {
      return (name, false)
    }
    let parts = canonical.split(separator: ".", maxSplits: 3)
    guard parts.count == 4, parts[0] == "model", parts[1] == "layers",
      let suffix = insideLayers.first(where: { $0.value == parts[3] })?.key
    else { return nil }
    return ("blk.\(parts[2]).\(suffix)", suffix == "attn_q.weight" || suffix == "attn_k.weight")
  }
}
