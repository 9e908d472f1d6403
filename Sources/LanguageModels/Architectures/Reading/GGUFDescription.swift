internal import Bytes
internal import Tensors
internal import Weights

/// What a GGUF file says of its model, beside the parameters.
struct GGUFDescription {
  private let family: Architecture
  private let fields: ModelFields
  /// The shape of a parameter, or `nil` if there is none of the name.
  private let shape: (String) -> [Int]?
  /// The elements of a tensor that is no parameter.
  private let vector: (String) -> [Float]?

  /// Takes the description of the model in `store`.
  ///
  /// - Throws: ``ModelError`` if its architecture is not known.
  init(_ store: WeightStore) throws(ModelError) {
    guard case .gguf(let metadata) = store.metadata else { preconditionFailure("no GGUF file") }
    let name = metadata.string("general.architecture") ?? "none"
    guard let family = Architecture.named(inGGUF: name) else {
      throw .unsupported(
        "architecture", found: name, supported: Architecture.ggufNames.joined(separator: ", "))
    }
    self.family = family
    fields = ModelFields(Self.object(metadata, prefix: name + "."), place: "GGUF \(name).*")
    shape = { name in store.parameters.index(of: name).map { store.parameters[$0].shape } }
    vector = store.excludedElements
  }

  /// Takes the description that a file of the model `c` would have, to see what it says.
  init(
    _ fields: [(key: String, value: GGUFField)], _ vectors: [(name: String, elements: [Float])],
    of c: ModelConfiguration
  ) {
    // A family that llama.cpp takes for another one is read as that.
    family = Architecture.named(inGGUF: c.architecture.ggufName) ?? c.architecture
    let values = fields.map { (UTF8Text($0.key), JSON($0.value)) }
    self.fields = ModelFields(
      Dictionary(uniqueKeysWithValues: values), place: "GGUF \(family.ggufName ?? "").*")
    let parameters = c.parameters
    shape = { name in parameters.index(of: name).map { parameters[$0].shape } }
    vector = { name in vectors.first { $0.name == name }?.elements }
  }

  /// The values of all keys that begin with `prefix`, which is taken off.
  private static func object(_ metadata: GGUFMetadata, prefix: String) -> [UTF8Text: JSON] {
    var object: [UTF8Text: JSON] = [:]
    for key in metadata.keys where key.hasPrefix(prefix) {
      object[UTF8Text(String(key.dropFirst(prefix.count)))] = metadata[key].map(JSON.init)
    }
    return object
  }

  /// Reads the configuration.
  func configuration() throws(ModelError) -> ModelConfiguration {
    var fields = fields
    let hidden = try fields.integer("embedding_length")
    let heads = try fields.integer("attention.head_count")
    let headSize = try fields.integer(
      "attention.key_length", default: heads > 0 ? hidden / heads : 0)
    try fields.require("attention.value_length", .integer(headSize))
    var c = try ModelConfiguration(
      vocabularySize: try vocabularySize(), hiddenSize: hidden,
      feedForwardSize: try fields.integer("feed_forward_length"),
      layerCount: try fields.integer("block_count"), headCount: heads,
      keyValueHeadCount: try fields.integer("attention.head_count_kv", default: heads),
      headSize: headSize, contextLength: try fields.integer("context_length"), normEpsilon: 1e-5,
      ropeBase: 10000, tiesEmbeddings: !has(.head), architecture: family)
    if c.tiesEmbeddings, !family.keys.mayTieInGGUF { throw .missingHead("output.weight") }
    c.normEpsilon = try fields.float(
      c.norm == .layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon")
    readBiases(&c)
    if !c.rotaries.isEmpty { c.rotaries = [try rotary(&c, &fields)] }
    try family.readGGUF(&fields, &c)
    try fields.require("attention.causal", .bool(true))
    try fields.finish(meaningless: MeaninglessKeys.gguf)
    try c.validate()
    return c
  }

  /// The rows of the embedding, which may be more than there are tokens.
  private func vocabularySize() throws(ModelError) -> Int {
    let name = (family.tensors[.embedding]?.name ?? "") + ".weight"
    guard let rows = shape(name)?.first else { throw .missingTensor(name) }
    return rows
  }

  /// GGUF files have no switches for biases: the first layer tells which there are of those that the family
  /// may have.
  private func readBiases(_ c: inout ModelConfiguration) {
    c.biases.subtract(family.keys.optionalBiases)
    for role in TensorRole.linear where has(role, "bias") { c.biases.insert(role) }
  }

  private func has(_ role: TensorRole, _ suffix: String = "weight") -> Bool {
    guard let name = family.tensors[role]?.name.replacing("*", with: "0") else { return false }
    return shape("\(name).\(suffix)") != nil
  }

  private func rotary(
    _ c: inout ModelConfiguration, _ fields: inout ModelFields
  ) throws(ModelError) -> Rotary {
    var rotary = Rotary(
      base: try fields.float("rope.freq_base", default: 10000),
      size: try fields.integer("rope.dimension_count", default: c.headSize))
    rotary.scaling = try scaling(&c, &fields)
    return rotary
  }

  /// The kind of RoPE scaling; a factor without a type is linear scaling, as in llama.cpp.
  private func scaling(
    _ c: inout ModelConfiguration, _ fields: inout ModelFields
  ) throws(ModelError) -> RotaryScaling {
    let old = try fields.float("rope.scale_linear", default: 1)
    let factor = try fields.float("rope.scaling.factor", default: old)
    let isScaled = factor != 0 && factor != 1
    let kind = try fields.text("rope.scaling.type") ?? (isScaled ? "linear" : "none")
    let original = try fields.integer(
      "rope.scaling.original_context_length", default: c.contextLength)
    switch kind {
    case "none": return try factors(c)
    case "linear": return .linear(factor: factor)
    case "yarn":
      var yarn = RotaryScaling.Yarn(factor: factor, original: original)
      yarn.fast = try fields.float("rope.scaling.yarn_beta_fast", default: 32)
      yarn.slow = try fields.float("rope.scaling.yarn_beta_slow", default: 1)
      yarn.magnitude *= try fields.float("rope.scaling.attn_factor", default: 1)
      return .yarn(yarn)
    case "longrope":
      let magnitude = try fields.float("rope.scaling.attn_factor", default: 1)
      c.contextLength = min(c.contextLength, original)
      guard let short = vector("rope_factors_short.weight") else {
        throw .missingTensor("rope_factors_short.weight")
      }
      return .factors(short, magnitude: magnitude)
    default:
      throw .unsupported(
        "RoPE scaling", found: kind, supported: "none, linear, yarn, longrope")
    }
  }

  /// The divisors of Llama 3.1, which its files keep as a tensor; all 1, they scale nothing.
  private func factors(_ c: ModelConfiguration) throws(ModelError) -> RotaryScaling {
    guard let factors = vector("rope_freqs.weight") else { return .none }
    return factors.allSatisfy { $0 == 1 } ? .none : .factors(factors, magnitude: 1)
  }
}

extension JSON {
  /// The same value; an array by its elements.
  fileprivate init(_ value: GGUFValue) {
    switch value {
    case .unsigned, .signed: self = value.integer.map(JSON.integer) ?? .string("out of range")
    case .float(let number): self = .number(number)
    case .bool(let flag): self = .bool(flag)
    case .string(let text): self = .string(text)
    case .array(let array):
      let numbers = array.floats()?.map(JSON.number) ?? array.integers()?.map(JSON.integer)
      self = .array(numbers ?? [])
    }
  }

  /// The same value, if it is no array.
  fileprivate init(_ field: GGUFField) {
    switch field {
    case .unsigned(let number): self = .integer(Int(number))
    case .float(let number): self = .number(Double(number))
    case .bool(let flag): self = .bool(flag)
    case .text(let text): self = .string(text)
    case .texts, .integers, .floats, .copied: self = .array([])
    }
  }
}
