/// What a tensor is for in a decoder.
///
/// A family names the roles that it has; each has a weight and, where the configuration says so, a bias.
public enum TensorRole: String, Sendable, CaseIterable {
  // Once in a model.
  case embedding, positionEmbedding, embeddingNorm, norm, head
  // Once in a layer: what attention is given, and what it is made of.
  case attentionNorm, query, key, value, queryKeyValue, queryNorm, keyNorm, attentionOutput
  /// The norm of what attention gives.
  case attentionPostNorm
  // The feed-forward block.
  case feedForwardNorm, gate, up, gateUp, down
  /// The norm of what the feed-forward block gives.
  case feedForwardPostNorm

  /// The norms.
  static let norms: Set<TensorRole> = [
    .embeddingNorm, .norm, .attentionNorm, .queryNorm, .keyNorm, .attentionPostNorm,
    .feedForwardNorm, .feedForwardPostNorm,
  ]
}

/// The names of a role's tensors, without `.weight` and `.bias`, and how GGUF files hold them.
///
/// A `*` stands for the number of the layer.
struct TensorNames: Sendable {
  /// How a GGUF file holds a tensor that it does not hold as Hugging Face does.
  enum Form: Sendable {
    /// The rows of each head interleaved, by the number of heads under the first of these keys.
    case interleaved([String])
    /// The parts of a fused projection one after the other, not head by head.
    case ungrouped(headCountKey: String)
    /// The outputs as rows.
    case transposed
    /// Each element plus 1.
    case plusOne
  }

  /// The name in a Hugging Face checkpoint: the canonical one.
  let name: String

  /// The name in a GGUF file.
  let ggufName: String

  /// How a GGUF file holds the tensor; `nil` if as Hugging Face does.
  let form: Form?

  init(_ name: String, _ ggufName: String, _ form: Form? = nil) {
    self.name = name
    self.ggufName = ggufName
    self.form = form
  }
}

extension [TensorRole: TensorNames] {
  /// The names of Llama's tensors, which most families share.
  ///
  /// - Parameters:
  ///   - queries: How a GGUF file holds the rows of queries.
  ///   - keys: The same of keys.
  ///   - norms: The same of norms.
  static func llama(
    queries: TensorNames.Form? = nil, keys: TensorNames.Form? = nil,
    norms: TensorNames.Form? = nil
  ) -> Self {
    let layer = { (name: String, ggufName: String, form: TensorNames.Form?) in
      TensorNames("model.layers.*.\(name)", "blk.*.\(ggufName)", form)
    }
    return [
      .embedding: TensorNames("model.embed_tokens", "token_embd"),
      .norm: TensorNames("model.norm", "output_norm", norms),
      .head: TensorNames("lm_head", "output"),
      .attentionNorm: layer("input_layernorm", "attn_norm", norms),
      .query: layer("self_attn.q_proj", "attn_q", queries),
      .key: layer("self_attn.k_proj", "attn_k", keys),
      .value: layer("self_attn.v_proj", "attn_v", nil),
      .attentionOutput: layer("self_attn.o_proj", "attn_output", nil),
      .feedForwardNorm: layer("post_attention_layernorm", "ffn_norm", norms),
      .gate: layer("mlp.gate_proj", "ffn_gate", nil),
      .up: layer("mlp.up_proj", "ffn_up", nil),
      .down: layer("mlp.down_proj", "ffn_down", nil),
    ]
  }

  /// Norms of the heads of queries and keys, as Qwen3 names them.
  static func headNorms(_ form: TensorNames.Form? = nil) -> Self {
    [
      .queryNorm: TensorNames("model.layers.*.self_attn.q_norm", "blk.*.attn_q_norm", form),
      .keyNorm: TensorNames("model.layers.*.self_attn.k_norm", "blk.*.attn_k_norm", form),
    ]
  }

  /// Norms of what both blocks give, as Gemma 2 names them.
  static func postNorms(attention: String, _ form: TensorNames.Form? = nil) -> Self {
    let names = { (name: String, ggufName: String) in
      TensorNames("model.layers.*.\(name)", "blk.*.\(ggufName)", form)
    }
    return [
      .attentionPostNorm: names(attention, "post_attention_norm"),
      .feedForwardPostNorm: names("post_feedforward_layernorm", "post_ffw_norm"),
    ]
  }

  /// Returns these names, and those of `others` instead of them or besides.
  func with(_ others: Self) -> Self { merging(others) { $1 } }

  /// Returns these names without those of `roles`.
  func without(_ roles: TensorRole...) -> Self { filter { !roles.contains($0.key) } }
}
