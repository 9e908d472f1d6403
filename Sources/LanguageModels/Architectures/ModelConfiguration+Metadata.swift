internal import Bytes
internal import Tensors
public import Weights

extension ModelConfiguration {
  /// Reads the configuration of the model in `store`.
  ///
  /// - Throws: ``ModelError`` if the architecture or a variant of it is not supported, or a
  ///   hyper-parameter is missing or impossible.
  public init(_ store: WeightStore) throws(ModelError) {
    let tied = store.parameters.index(of: "lm_head.weight") == nil
    switch store.metadata {
    case .gguf(let metadata):
      guard let embedding = store.parameters.index(of: "model.embed_tokens.weight") else {
        throw .missingTensor("model.embed_tokens.weight")
      }
      try self.init(
        GGUFFields(metadata), vocabularySize: store.parameters[embedding].rowCount, tied: tied)
    case .huggingFace(let metadata):
      // Without a head of its own a model has that of its embedding, unless it says that it has not.
      if tied, metadata.configuration["tie_word_embeddings"]?.bool == false {
        throw .missingTensor("lm_head.weight")
      }
      try self.init(HuggingFaceFields(metadata.configuration), tied: tied)
    }
  }

  /// Reads a file of the form of Hugging Face's `config.json`, without any weights.
  ///
  /// - Throws: ``WeightsError`` if it cannot be read or is no JSON object, ``ModelError`` as above.
  public init(configurationFile path: String) throws {
    let json = try HuggingFaceMetadata.object(path)
    try self.init(
      HuggingFaceFields(json), tied: json["tie_word_embeddings"]?.bool ?? false)
    // Without weights nothing else bounds what the file may claim.
    guard layerCount <= 1 << 16, hiddenSize <= 1 << 20 else {
      throw ModelError.invalidField(
        "size", found: "\(layerCount) layers of width \(hiddenSize)",
        expected: "at most 65536 layers of width 1048576")
    }
  }

  private init(
    _ fields: GGUFFields, vocabularySize: Int, tied: Bool
  ) throws(ModelError) {
    let name = fields.metadata.string("general.architecture") ?? "none"
    guard let architecture = Architecture.all.first(where: { $0.naming.architecture == name })
    else {
      throw .unsupported(
        "architecture", found: name,
        supported: Architecture.all.map(\.naming.architecture).joined(separator: ", "))
    }
    try supported("RoPE scaling", fields.ropeScaling(of: name), ["none"])
    let hidden = try fields.integer("\(name).embedding_length")
    let heads = try fields.integer("\(name).attention.head_count")
    let headSize = try fields.integer(
      "\(name).attention.key_length", default: heads > 0 ? hidden / heads : 0)
    try supported(
      "number of rotated elements of a head",
      "\(try fields.integer("\(name).rope.dimension_count", default: headSize))", ["\(headSize)"])
    try self.init(
      vocabularySize: vocabularySize,
      hiddenSize: hidden,
      feedForwardSize: try fields.integer("\(name).feed_forward_length"),
      layerCount: try fields.integer("\(name).block_count"),
      headCount: heads,
      keyValueHeadCount: try fields.integer("\(name).attention.head_count_kv", default: heads),
      headSize: headSize,
      contextLength: try fields.integer("\(name).context_length"),
      normEpsilon: try fields.float("\(name).attention.layer_norm_rms_epsilon"),
      ropeBase: try fields.float("\(name).rope.freq_base", default: 10000),
      tiesEmbeddings: tied, architecture: architecture)
  }

  private init(_ fields: HuggingFaceFields, tied: Bool) throws(ModelError) {
    let json = fields.json
    let name = json["architectures"]?.array?.first?.string ?? "none"
    guard let architecture = Architecture.all.first(where: { $0.name == name }) else {
      throw .unsupported(
        "architecture", found: name,
        supported: Architecture.all.map(\.name).joined(separator: ", "))
    }
    try supported("activation", fields.text("hidden_act", in: json), ["silu"])
    for key in architecture.unsupportedSwitches where json[key]?.bool == true {
      throw .unsupported(key, found: "true", supported: "false")
    }
    try supported("RoPE scaling", fields.ropeScaling, ["default"])
    let hidden = try fields.integer("hidden_size")
    let heads = try fields.integer("num_attention_heads")
    try self.init(
      vocabularySize: try fields.integer("vocab_size"),
      hiddenSize: hidden,
      feedForwardSize: try fields.integer("intermediate_size"),
      layerCount: try fields.integer("num_hidden_layers"),
      headCount: heads,
      keyValueHeadCount: try fields.integer("num_key_value_heads", default: heads),
      headSize: try fields.integer("head_dim", default: heads > 0 ? hidden / heads : 0),
      contextLength: try fields.integer("max_position_embeddings"),
      normEpsilon: try fields.float("rms_norm_eps", in: json),
      ropeBase: try fields.float("rope_theta", in: fields.rope, default: 10000),
      tiesEmbeddings: tied, architecture: architecture)
  }
}

/// Throws unless `found` is absent or one of `values`.
private func supported(
  _ what: String, _ found: String?, _ values: [String]
) throws(ModelError) {
  guard let found, !values.map({ UTF8Text($0) }).contains(UTF8Text(found)) else { return }
  throw .unsupported(what, found: found, supported: values.joined(separator: ", "))
}

/// Numbers of a GGUF file's metadata.
private struct GGUFFields {
  let metadata: GGUFMetadata

  init(_ metadata: GGUFMetadata) { self.metadata = metadata }

  /// The kind of RoPE scaling, or `nil` if the file speaks of none.
  ///
  /// A factor without a type is linear scaling, as in llama.cpp; 0 and 1 scale nothing.
  func ropeScaling(of name: String) -> String? {
    if metadata["\(name).rope.scaling.type"] != nil {
      return metadata.string("\(name).rope.scaling.type") ?? "of another type"
    }
    for key in ["\(name).rope.scaling.factor", "\(name).rope.scale_linear"] {
      guard metadata[key] != nil else { continue }
      guard let factor = metadata.float(key) else { return "of another type" }
      if factor != 0, factor != 1 { return "linear, with '\(key)' \(factor)" }
    }
    return nil
  }

  func integer(_ key: String, default other: Int? = nil) throws(ModelError) -> Int {
    if metadata[key] == nil, let other { return other }
    guard let value = metadata.integer(key) else { throw missing(key, "an integer") }
    return value
  }

  func float(_ key: String, default other: Double? = nil) throws(ModelError) -> Float {
    if metadata[key] == nil, let other { return Float(other) }
    guard let value = metadata.float(key) else { throw missing(key, "a number") }
    return Float(value)
  }

  private func missing(_ key: String, _ expected: String) -> ModelError {
    .invalidField(
      "metadata '\(key)'", found: metadata[key] == nil ? "absent" : "of another type",
      expected: expected)
  }
}

/// Numbers of a Hugging Face `config.json`.
private struct HuggingFaceFields {
  let json: JSON

  init(_ json: JSON) { self.json = json }

  /// Where the RoPE base is: newer files keep all of RoPE in `rope_parameters`.
  var rope: JSON { json["rope_parameters"]?.object == nil ? json : json["rope_parameters"] ?? json }

  /// The kind of RoPE scaling, or `nil` if the file speaks of none.
  var ropeScaling: String? {
    guard let scaling = json["rope_scaling"], scaling != .null else {
      return text("rope_type", in: rope)
    }
    return text("rope_type", in: scaling) ?? text("type", in: scaling) ?? "of no type"
  }

  /// Returns a text, or `nil` if it is left out; another value becomes a text that nothing supports.
  func text(_ key: String, in object: JSON) -> String? {
    isAbsent(object[key]) ? nil : object[key]?.string ?? "no text"
  }

  func integer(_ key: String, default other: Int? = nil) throws(ModelError) -> Int {
    if isAbsent(json[key]), let other { return other }
    guard let value = json[key]?.integer else { throw missing(key, json, "an integer") }
    return value
  }

  func float(
    _ key: String, in object: JSON, default other: Double? = nil
  ) throws(ModelError) -> Float {
    if isAbsent(object[key]), let other { return Float(other) }
    guard let value = object[key]?.double else { throw missing(key, object, "a number") }
    return Float(value)
  }

  /// Whether a value is left out or `null`, both of which stand for the default.
  private func isAbsent(_ value: JSON?) -> Bool { value == nil || value == .null }

  private func missing(_ key: String, _ object: JSON, _ expected: String) -> ModelError {
    .invalidField(
      "config.json '\(key)'", found: object[key] == nil ? "absent" : "of another type",
      expected: expected)
  }
}
