internal import Tensors

/// The places of a decoder's tensors in a parameter map.
struct DecoderParameters: Sendable {
  /// Those of a layer; what its family lacks is `nil`.
  struct Layer: Sendable {
    let attentionNorm: Norm?
    let query, key, value: Linear
    let queryNorm, keyNorm: Norm?
    let attentionOutput: Linear
    let attentionPostNorm: Norm?
    let feedForwardNorm: Norm?
    let gate: Linear?
    let up, down: Linear
    let feedForwardPostNorm: Norm?
  }

  let embedding: Int
  let positionEmbedding: Int?
  let embeddingNorm: Norm?
  let layers: [Layer]
  let norm: Norm
  let head: Linear

  /// Finds all tensors in `parameters`, and no others, and checks their shapes.
  init(
    _ configuration: ModelConfiguration, in parameters: ParameterMap
  ) throws(ModelError) {
    var used: Set<Int> = []
    try self.init(configuration) { name, shape throws(ModelError) in
      guard let index = parameters.index(of: name) else { throw .missingTensor(name) }
      let found = parameters[index].shape
      guard found == shape else { throw .wrongShape(name, found: found, expected: shape) }
      used.insert(index)
      return index
    }
    for index in 0..<parameters.count where !used.contains(index) {
      throw .unsupported(
        "tensor", found: parameters[index].name,
        supported:
          "those of a \(configuration.architecture.name) of \(configuration.layerCount) layers")
    }
  }

  /// Asks `find` for the place of each tensor, by its name and its shape; of one that several parts
  /// share, several times.
  init<E>(
    _ c: ModelConfiguration, find: @escaping (String, [Int]) throws(E) -> Int
  ) throws(E) {
    let finder = TensorFinder(c, layer: nil, find)
    embedding = try finder.tensor(.embedding, [c.vocabularySize, c.hiddenSize])
    positionEmbedding =
      if let offset = c.positionOffset {
        try finder.tensor(.positionEmbedding, [c.contextLength + offset, c.hiddenSize])
      } else { nil }
    embeddingNorm = try finder.norm(.embeddingNorm, c.hiddenSize)
    norm = try finder.required(.norm, c.hiddenSize)
    head =
      c.tiesEmbeddings
      ? Linear(weight: embedding, bias: nil)
      : try finder.linear(.head, c.vocabularySize, c.hiddenSize)
    var layers: [Layer] = []
    for index in 0..<c.layerCount {
      layers.append(try Layer(c, TensorFinder(c, layer: index, find)))
    }
    self.layers = layers
  }
}

extension DecoderParameters.Layer {
  fileprivate init<E>(_ c: ModelConfiguration, _ finder: TensorFinder<E>) throws(E) {
    attentionNorm = try finder.norm(.attentionNorm, c.hiddenSize)
    (query, key, value) = try finder.attention()
    queryNorm = try finder.norm(.queryNorm, c.normalisesHeads ? c.headSize : c.querySize)
    keyNorm = try finder.norm(.keyNorm, c.normalisesHeads ? c.headSize : c.keyValueSize)
    attentionOutput = try finder.linear(.attentionOutput, c.hiddenSize, c.querySize)
    attentionPostNorm = try finder.norm(.attentionPostNorm, c.hiddenSize)
    feedForwardNorm = try finder.norm(.feedForwardNorm, c.hiddenSize)
    (gate, up) = try finder.feedForward()
    down = try finder.linear(.down, c.hiddenSize, c.feedForwardSize)
    feedForwardPostNorm = try finder.norm(.feedForwardPostNorm, c.hiddenSize)
  }
}

/// Finds the tensors of one layer, or those outside of layers, by their roles.
private struct TensorFinder<E: Error> {
  private let c: ModelConfiguration
  private let layer: Int?
  private let find: (String, [Int]) throws(E) -> Int

  init(
    _ c: ModelConfiguration, layer: Int?, _ find: @escaping (String, [Int]) throws(E) -> Int
  ) {
    self.c = c
    self.layer = layer
    self.find = find
  }

  private func name(_ role: TensorRole) -> String? {
    guard let name = c.architecture.tensors[role]?.name else { return nil }
    guard let layer else { return name }
    return name.split(separator: ".").map { $0 == "*" ? "\(layer)" : $0 }.joined(separator: ".")
  }

  /// - Precondition: The family has the role.
  func tensor(_ role: TensorRole, _ shape: [Int], _ suffix: String = "weight") throws(E) -> Int {
    guard let name = name(role) else {
      preconditionFailure("\(c.architecture.name) has no \(role)")
    }
    return try find("\(name).\(suffix)", shape)
  }

  func required(_ role: TensorRole, _ size: Int) throws(E) -> Norm {
    Norm(
      weight: try tensor(role, [size]),
      bias: c.norm == .layer ? try tensor(role, [size], "bias") : nil)
  }

  /// Returns a norm, or `nil` if the family has none there.
  func norm(_ role: TensorRole, _ size: Int) throws(E) -> Norm? {
    name(role) == nil ? nil : try required(role, size)
  }

  func linear(_ role: TensorRole, _ outputs: Int, _ inputs: Int) throws(E) -> Linear {
    let isTransposed = c.architecture.keepsInputsAsRows && role != .head
    return Linear(
      weight: try tensor(role, isTransposed ? [inputs, outputs] : [outputs, inputs]),
      bias: c.biases.contains(role) ? try tensor(role, [outputs], "bias") : nil,
      isTransposed: isTransposed)
  }

  func attention() throws(E) -> (query: Linear, key: Linear, value: Linear) {
    guard c.architecture.fusesAttention else {
      return (
        try linear(.query, c.querySize, c.hiddenSize),
        try linear(.key, c.keyValueSize, c.hiddenSize),
        try linear(.value, c.keyValueSize, c.hiddenSize)
      )
    }
    let (q, k) = (c.querySize, c.keyValueSize)
    let fused = try linear(.queryKeyValue, q + 2 * k, c.hiddenSize)
    guard c.architecture.groupsAttentionByHead else {
      return (fused.part(0..<q), fused.part(q..<q + k), fused.part(q + k..<q + 2 * k))
    }
    let part = { (place: Int) in
      fused.parts(
        (0..<c.headCount).map {
          let start = (3 * $0 + place) * c.headSize
          return start..<start + c.headSize
        })
    }
    return (part(0), part(1), part(2))
  }

  func feedForward() throws(E) -> (gate: Linear?, up: Linear) {
    let (size, hidden) = (c.feedForwardSize, c.hiddenSize)
    if name(.gateUp) != nil {
      let fused = try linear(.gateUp, 2 * size, hidden)
      return (fused.part(0..<size), fused.part(size..<2 * size))
    }
    let gate = name(.gate) == nil ? nil : try linear(.gate, size, hidden)
    return (gate, try linear(.up, size, hidden))
  }
}
