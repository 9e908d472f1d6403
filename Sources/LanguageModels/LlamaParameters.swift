internal import Tensors

/// The places of a Llama model's tensors in a parameter map.
struct LlamaParameters: Sendable {
  struct Layer: Sendable {
    let attentionNorm, query, key, value, attentionOutput: Int
    let feedForwardNorm, gate, up, down: Int

    var all: [Int] {
      [attentionNorm, query, key, value, attentionOutput, feedForwardNorm, gate, up, down]
    }
  }

  let embedding: Int
  let layers: [Layer]
  let norm: Int
  let head: Int

  /// Finds all tensors in `parameters`, and no others, and checks their shapes.
  init(
    _ configuration: ModelConfiguration, in parameters: ParameterMap
  ) throws(ModelError) {
    try self.init(configuration) { name, shape throws(ModelError) in
      guard let index = parameters.index(of: name) else { throw .missingTensor(name) }
      let found = parameters[index].shape
      guard found == shape else { throw .wrongShape(name, found: found, expected: shape) }
      return index
    }
    let used = Set([embedding, norm, head] + layers.flatMap(\.all))
    for index in 0..<parameters.count where !used.contains(index) {
      throw .unsupported(
        "tensor", found: parameters[index].name,
        supported: "those of a Llama model of \(configuration.layerCount) layers without biases")
    }
  }

  /// Asks `find` for the place of each tensor, by its name and its shape.
  init<E>(
    _ c: ModelConfiguration, find: (String, [Int]) throws(E) -> Int
  ) throws(E) {
    let (hidden, vocabulary) = (c.hiddenSize, c.vocabularySize)
    embedding = try find("model.embed_tokens.weight", [vocabulary, hidden])
    norm = try find("model.norm.weight", [hidden])
    head = c.tiesEmbeddings ? embedding : try find("lm_head.weight", [vocabulary, hidden])
    var layers: [Layer] = []
    for index in 0..<c.layerCount {
      layers.append(try Self.layer("model.layers.\(index)", c, find))
    }
    self.layers = layers
  }

  private static func layer<E>(
    _ prefix: String, _ c: ModelConfiguration, _ find: (String, [Int]) throws(E) -> Int
  ) throws(E) -> Layer {
    Layer(
      attentionNorm: try find("\(prefix).input_layernorm.weight", [c.hiddenSize]),
      query: try find("\(prefix).self_attn.q_proj.weight", [c.querySize, c.hiddenSize]),
      key: try find("\(prefix).self_attn.k_proj.weight", [c.keyValueSize, c.hiddenSize]),
      value: try find("\(prefix).self_attn.v_proj.weight", [c.keyValueSize, c.hiddenSize]),
      attentionOutput: try find("\(prefix).self_attn.o_proj.weight", [c.hiddenSize, c.querySize]),
      feedForwardNorm: try find("\(prefix).post_attention_layernorm.weight", [c.hiddenSize]),
      gate: try find("\(prefix).mlp.gate_proj.weight", [c.feedForwardSize, c.hiddenSize]),
      up: try find("\(prefix).mlp.up_proj.weight", [c.feedForwardSize, c.hiddenSize]),
      down: try find("\(prefix).mlp.down_proj.weight", [c.hiddenSize, c.feedForwardSize]))
  }
}
