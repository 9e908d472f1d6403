internal import Bytes
internal import Kernels
internal import Tensors
public import Weights

extension ModelConfiguration {
  /// Reads the configuration of the model in `store`.
  ///
  /// - Throws: ``ModelError`` if the architecture or a variant of it is not supported, a key is not
  ///   understood, a hyper-parameter is missing or impossible, or what the file says of its output head
  ///   disagrees with its tensors.
  public init(_ store: WeightStore) throws(ModelError) {
    switch store.metadata {
    case .gguf:
      self = try GGUFDescription(store).configuration()
    case .huggingFace(let metadata):
      let json = metadata.configuration
      try self.init(
        json, try Architecture(of: json), has: { store.parameters.index(of: $0) != nil })
    }
  }

  /// Reads a file of the form of Hugging Face's `config.json`, without any weights.
  ///
  /// - Throws: ``WeightsError`` if it cannot be read or is no JSON object, ``ModelError`` as above.
  public init(configurationFile path: String) throws {
    let json = try HuggingFaceMetadata.object(path)
    try self.init(json, try Architecture(of: json), has: nil)
  }

  /// - Parameter has: Whether there is a tensor of a name; `nil` if there are no weights.
  init(
    _ json: JSON, _ family: Architecture, has: ((String) -> Bool)?
  ) throws(ModelError) {
    let keys = family.keys
    var fields = ModelFields(json.object ?? [:], place: "config.json", aliases: keys.aliases)
    let hidden = try fields.integer(keys.hidden)
    let heads = try fields.integer(keys.heads)
    let headSize = heads > 0 ? hidden / heads : 0
    try self.init(
      vocabularySize: try fields.integer(keys.vocabulary), hiddenSize: hidden,
      feedForwardSize: try fields.integer(
        keys.feedForward, default: keys.feedForwardMultiple.map { $0 * min(hidden, 1 << 24) }),
      layerCount: try fields.integer(keys.layers), headCount: heads,
      keyValueHeadCount: try keys.keyValueHeads.map { key throws(ModelError) in
        try fields.integer(key, default: heads)
      } ?? heads,
      headSize: try keys.headSize.map { key throws(ModelError) in
        try fields.integer(key, default: headSize)
      } ?? headSize,
      contextLength: try fields.integer(keys.context, default: keys.contextDefault),
      normEpsilon: try keys.epsilon.map { key throws(ModelError) in try fields.float(key) } ?? 1e-5,
      ropeBase: 10000, tiesEmbeddings: true, architecture: family)
    try readActivation(&fields)
    tiesEmbeddings = try Self.ties(&fields, family, has)
    if fields.has("original_max_position_embeddings") {
      originalContextLength = try fields.integer(
        "original_max_position_embeddings", default: contextLength)
    }
    if !rotaries.isEmpty, !keys.hasRotaryKinds { rotaries = [try Rotary(&fields, &self)] }
    try family.readJSON(&fields, &self)
    try fields.finish(meaningless: MeaninglessKeys.json)
    try validate()
  }

  private mutating func readActivation(_ fields: inout ModelFields) throws(ModelError) {
    guard let key = architecture.keys.activation, let name = try fields.text(key) else { return }
    guard let known = Self.activations[name] else {
      throw .unsupported(
        "activation", found: name, supported: Self.activations.keys.sorted().joined(separator: ", ")
      )
    }
    activation = known
  }

  /// The names of activations, as in `ACT2FN` of transformers.
  private static let activations: [String: Activation] = [
    "silu": .silu, "swish": .silu, "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .geluTanh,
    "gelu_fast": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "gelu_accurate": .geluTanh,
    "relu": .relu,
  ]

  /// Returns whether the head is the embedding: what the file says, or its family's habit.
  ///
  /// - Throws: ``ModelError`` if it is not, and there is none.
  private static func ties(
    _ fields: inout ModelFields, _ family: Architecture, _ has: ((String) -> Bool)?
  ) throws(ModelError) -> Bool {
    let ties = try fields.flag("tie_word_embeddings", default: family.keys.tiesByDefault)
    let head = (family.tensors[.head]?.name ?? "lm_head") + ".weight"
    if !ties, let has, !has(head) { throw .missingHead(head) }
    return ties
  }
}

extension Architecture {
  /// The family that `config.json` names: under `architectures`, or by its `model_type`.
  ///
  /// - Throws: ``ModelError`` if it is none of ``all``, or the two disagree.
  init(of json: JSON) throws(ModelError) {
    let type = json["model_type"]?.string
    let byType = Self.all.first { $0.modelType == type }
    guard let name = json["architectures"]?.array?.first?.string else {
      guard let byType else { throw Self.unsupported(type ?? "none", \.modelType) }
      self = byType
      return
    }
    // The first Llamas were spelled LLaMA.
    guard let byName = Self.all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw Self.unsupported(name, \.name)
    }
    guard type == nil || byType == byName else {
      throw .unsupported("model_type", found: type ?? "none", supported: byName.modelType)
    }
    self = byName
  }

  static func unsupported(_ found: String, _ name: KeyPath<Architecture, String>) -> ModelError {
    .unsupported(
      "architecture", found: found, supported: all.map { $0[keyPath: name] }.joined(separator: ", ")
    )
  }
}

extension ModelConfiguration {
  /// Gives all projections of the attention biases if a key says so.
  mutating func readAttentionBiases(
    _ fields: inout ModelFields, _ key: String = "attention_bias"
  ) throws(ModelError) {
    if try fields.flag(key, default: false) { biases.formUnion(TensorRole.attention) }
  }

  /// Gives layers the windows that `layer_types` or, without it, `isLocal` says.
  ///
  /// - Parameters:
  ///   - key: The key of the length of a window; if it is null, no layer has one.
  ///   - isLocal: Whether a layer has a window, by its number.
  mutating func readWindows(
    _ fields: inout ModelFields, _ key: String = "sliding_window", isLocal: (Int) -> Bool
  ) throws(ModelError) {
    let types = try fields.array("layer_types")
    if let types, types.count != layerCount {
      throw .invalidField(
        "config.json 'layer_types'", found: "\(types.count) layers", expected: "\(layerCount)")
    }
    let window = try fields.value(key).map { _ throws(ModelError) in try fields.integer(key) }
    for layer in 0..<layerCount {
      let isLocal =
        try types.map { types throws(ModelError) in try Self.isLocal(types[layer]) }
        ?? isLocal(layer)
      guard isLocal else { continue }
      if types != nil, window == nil { throw fields.wrong(key, "the length of a window") }
      layers[layer].window = window
    }
  }

  private static func isLocal(_ type: JSON) throws(ModelError) -> Bool {
    switch type.string {
    case "full_attention": return false
    case "sliding_attention": return true
    default:
      throw .unsupported(
        "layer type", found: type.summary, supported: "full_attention, sliding_attention")
    }
  }
}

extension TensorRole {
  /// The projections of the attention.
  static let attention: Set<TensorRole> = [.query, .key, .value, .attentionOutput]
  /// All that multiplies in a layer.
  static let linear: Set<TensorRole> = attention.union([.queryKeyValue, .gate, .up, .gateUp, .down])
}
