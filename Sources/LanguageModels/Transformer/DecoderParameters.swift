internal import Tensors

/// The places of a decoder's tensors in a parameter map.
struct DecoderParameters: Sendable {
  struct Layer: Sendable {
    let attentionNorm: Int
    let query, key, value, attentionOutput: Linear
    let feedForwardNorm: Int
    let gate, up, down: Linear

    /// The places of all tensors.
    var all: [Int] {
      [attentionNorm, feedForwardNorm]
        + [query, key, value, attentionOutput, gate, up, down].flatMap(\.tensors)
    }
  }

  let embedding: Int
  let layers: [Layer]
  let norm: Int
  let head: Linear

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
    let used = Set([embedding, norm] + head.tensors + layers.flatMap(\.all))
    for index in 0..<parameters.count where !used.contains(index) {
      throw .unsupported(
        "tensor", found: parameters[index].name,
        supported:
          "those of a \(configuration.architecture.name) of \(configuration.layerCount) layers")
    }
  }

  /// Asks `find` for the place of each tensor, by its name and its shape.
  init<E>(
    _ c: ModelConfiguration, find: (String, [Int]) throws(E) -> Int
  ) throws(E) {
    let vocabulary = [c.vocabularySize, c.hiddenSize]
    embedding = try find("model.embed_tokens.weight", vocabulary)
    norm = try find("model.norm.weight", [c.hiddenSize])
    let head = c.tiesEmbeddings ? embedding : try find("lm_head.weight", vocabulary)
    self.head = Linear(weight: head, bias: nil)
    var layers: [Layer] = []
    for index in 0..<c.layerCount {
      layers.append(try Self.layer("model.layers.\(index)", c, find))
    }
    self.layers = layers
  }

  private static func layer<E>(
    _ prefix: String, _ c: ModelConfiguration, _ find: (String, [Int]) throws(E) -> Int
  ) throws(E) -> Layer {
    func linear(
      _ name: String, _ outputs: Int, _ inputs: Int, bias: Bool = false
    ) throws(E) -> Linear {
      Linear(
        weight: try find("\(prefix).\(name).weight", [outputs, inputs]),
        bias: bias ? try find("\(prefix).\(name).bias", [outputs]) : nil)
    }
    let hasBiases = c.architecture.hasAttentionBiases
    return Layer(
      attentionNorm: try find("\(prefix).input_layernorm.weight", [c.hiddenSize]),
      query: try linear("self_attn.q_proj", c.querySize, c.hiddenSize, bias: hasBiases),
      key: try linear("self_attn.k_proj", c.keyValueSize, c.hiddenSize, bias: hasBiases),
      value: try linear("self_attn.v_proj", c.keyValueSize, c.hiddenSize, bias: hasBiases),
      attentionOutput: try linear("self_attn.o_proj", c.hiddenSize, c.querySize),
      feedForwardNorm: try find("\(prefix).post_attention_layernorm.weight", [c.hiddenSize]),
      gate: try linear("mlp.gate_proj", c.feedForwardSize, c.hiddenSize),
      up: try linear("mlp.up_proj", c.feedForwardSize, c.hiddenSize),
      down: try linear("mlp.down_proj", c.hiddenSize, c.feedForwardSize))
  }
}
