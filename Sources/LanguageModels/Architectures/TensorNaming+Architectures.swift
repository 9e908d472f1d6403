internal import Bytes
public import Kernels
public import Weights

/// The names that architectures share. Source of those in GGUF files: `tensor_mapping.py` of the Python
/// package gguf; of the interleaved rows: `permute` in llama.cpp's `convert_hf_to_gguf.py`.
extension TensorNaming {
  /// The tensors that all decoders with gated feed-forward blocks have.
  ///
  /// - Parameters:
  ///   - queries: The keys of the number of heads by which the rows of queries are interleaved.
  ///   - keys: The same for the rows of keys.
  static func decoder(queries: [String] = [], keys: [String] = []) -> [Tensor] {
    [
      Tensor("model.embed_tokens.weight", gguf: "token_embd.weight"),
      Tensor("model.norm.weight", gguf: "output_norm.weight"),
      Tensor("lm_head.weight", gguf: "output.weight"),
      layer("input_layernorm.weight", "attn_norm.weight"),
      layer("self_attn.q_proj.weight", "attn_q.weight", queries),
      layer("self_attn.k_proj.weight", "attn_k.weight", keys),
      layer("self_attn.v_proj.weight", "attn_v.weight"),
      layer("self_attn.o_proj.weight", "attn_output.weight"),
      layer("post_attention_layernorm.weight", "ffn_norm.weight"),
      layer("mlp.gate_proj.weight", "ffn_gate.weight"),
      layer("mlp.up_proj.weight", "ffn_up.weight"),
      layer("mlp.down_proj.weight", "ffn_down.weight"),
    ]
  }

  /// The biases of queries, keys and values.
  static let attentionBiases = ["q", "k", "v"].map {
    layer("self_attn.\($0)_proj.bias", "attn_\($0).bias")
  }

  private static func layer(
    _ name: String, _ ggufName: String, _ headCountKeys: [String] = []
  ) -> Tensor {
    Tensor(
      "model.layers.*.\(name)", gguf: "blk.*.\(ggufName)", interleavedByHeadsOf: headCountKeys)
  }

  /// Returns the naming of the model at `path`.
  ///
  /// A Hugging Face folder has the canonical names, whatever its architecture.
  ///
  /// - Throws: ``WeightsError`` if a GGUF file has none of the architectures.
  init(of metadata: ModelMetadata, path: String) throws(WeightsError) {
    switch metadata {
    case .gguf(let metadata): self = try Self.naming(of: metadata, path: path)
    case .huggingFace(let metadata):
      self.init(
        architecture: "",
        exclusions: [
          Exclusion(
            "*.rotary_emb.inv_freq", reason: "frequencies of the rotary embedding, not trained")
        ])
      if metadata.configuration["tie_word_embeddings"]?.bool == true {
        exclusions.append(Exclusion("lm_head.weight", reason: "tied to the embedding"))
      }
    }
  }

  private static func naming(
    of metadata: GGUFMetadata, path: String
  ) throws(WeightsError) -> TensorNaming {
    let architecture = metadata.string("general.architecture")
    let all = Architecture.all.map(\.naming)
    if let naming = all.first(where: { $0.architecture == architecture }) { return naming }
    throw .format(
      FormatError(
        path: path, kind: architecture == nil ? .missing : .unsupported,
        place: "metadata \"general.architecture\"",
        found: architecture.map { quoted($0) } ?? "no text",
        expected: all.map { "\"\($0.architecture)\"" }.joined(separator: " or ")))
  }
}

extension TensorNaming.Exclusion {
  /// Factors on the frequencies of the rotary embedding, which may only be 1.
  static let rotaryFactors = Self(
    "rope_freqs.weight", reason: "factors of the rotary embedding, not trained and all 1",
    value: 1, otherwise: "a scaled rotary embedding")
}

extension WeightStore {
  /// Opens the GGUF file or the Hugging Face folder at `path`.
  ///
  /// - Throws: ``WeightsError`` if a file cannot be read or used, or a parameter has an element type
  ///   that the kernels do not know.
  public static func open(
    path: String, context: ComputeContext = ComputeContext()
  ) throws(WeightsError) -> WeightStore {
    try open(path: path, context: context) { metadata throws(WeightsError) in
      try TensorNaming(of: metadata, path: path)
    }
  }
}
