internal import Tensors

/// The places of a Llama model's tensors in a parameter map, shapes checked.
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

  init(
    _ configuration: ModelConfiguration, in parameters: ParameterMap
  ) throws(ModelError) {
    let find = Finder(parameters: parameters)
    let c = configuration
    let (hidden, vocabulary) = (c.hiddenSize, c.vocabularySize)
    embedding = try find("model.embed_tokens.weight", [vocabulary, hidden])
    norm = try find("model.norm.weight", [hidden])
    head = c.tiesEmbeddings ? embedding : try find("lm_head.weight", [vocabulary, hidden])
    var layers: [Layer] = []
    for index in 0..<c.layerCount {
      layers.append(try Self.layer("model.layers.\(index)", c, find))
    }
    self.layers = layers
    let used = Set([embedding, norm, head] + layers.flatMap(\.all))
    for index in 0..<parameters.count where !used.contains(index) {
      throw .unsupported(
        "tensor", found: parameters[index].name,
        supported: "those of a Llama model of \(c.layerCount) layers without biases")
    }
  }

  private static func layer(
    _ prefix: String, _ c: ModelConfiguration, _ find: Finder
  ) throws(ModelError) -> Layer {
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

  private struct Finder {
    let parameters: ParameterMap

    func callAsFunction(_ name: String, _ shape: [Int]) throws(ModelError) -> Int {
      guard let index = parameters.index(of: name) else { throw .missingTensor(name) }
      let found = parameters[index].shape
      guard found == shape else { throw .wrongShape(name, found: found, expected: shape) }
      return index
    }
  }
}
