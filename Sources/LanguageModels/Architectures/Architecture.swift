internal import Bytes
internal import Kernels
internal import Weights

/// What one family of decoders has that another has not, and how files speak of it.
///
/// A family is a value in a file of its own in `Families`, and a place in ``all``.
public struct Architecture: Sendable {
  /// The name among `architectures` in `config.json`.
  public let name: String

  /// The `model_type` in `config.json`.
  package let modelType: String

  /// The `general.architecture` of GGUF files; `nil` if llama.cpp does not know the family.
  package let ggufName: String?

  /// The tensors.
  let tensors: [TensorRole: TensorNames]

  /// The keys of sizes in `config.json`.
  let keys: ConfigurationKeys

  /// Tensors in files that are no parameters.
  let exclusions: [TensorNaming.Exclusion]

  /// What precedes the names of tensors in some checkpoints only, such as `model.`.
  let optionalPrefix: String?

  /// Changes a configuration of which all sizes are read to what the family does otherwise.
  ///
  /// For both kinds of files, and for shapes without any.
  let design: @Sendable (inout ModelConfiguration) -> Void

  /// Reads what else `config.json` says of the family.
  let readJSON: @Sendable (inout ModelFields, inout ModelConfiguration) throws(ModelError) -> Void

  /// Reads what else a GGUF file says of the family.
  let readGGUF: @Sendable (inout ModelFields, inout ModelConfiguration) throws(ModelError) -> Void

  /// Returns what else `config.json` must say of a model: what ``readJSON`` reads.
  let describe: @Sendable (ModelConfiguration) -> [String: JSON]

  init(
    _ name: String, modelType: String, gguf ggufName: String?,
    tensors: [TensorRole: TensorNames], keys: ConfigurationKeys = ConfigurationKeys(),
    exclusions: [TensorNaming.Exclusion] = [], optionalPrefix: String? = nil,
    design: @escaping @Sendable (inout ModelConfiguration) -> Void = { _ in },
    json:
      @escaping @Sendable (inout ModelFields, inout ModelConfiguration) throws(ModelError)
      -> Void = { (_, _) throws(ModelError) in },
    ggufFields:
      @escaping @Sendable (inout ModelFields, inout ModelConfiguration)
      throws(ModelError) -> Void = { (_, _) throws(ModelError) in },
    describe: @escaping @Sendable (ModelConfiguration) -> [String: JSON] = { _ in [:] }
  ) {
    self.describe = describe
    self.name = name
    self.modelType = modelType
    self.ggufName = ggufName
    self.tensors = tensors
    self.keys = keys
    self.exclusions = exclusions
    self.optionalPrefix = optionalPrefix
    self.design = design
    readJSON = json
    readGGUF = ggufFields
  }

  /// All families.
  package static let all = [
    llama, mistral, smolLM3, qwen2, qwen3, gemma, gemma2, gemma3, phi3, olmo2, gpt2, opt, gptNeoX,
    bloom, starCoder2,
  ]

  /// Returns the family that GGUF files call `name`, or `nil` if there is none.
  static func named(inGGUF name: String?) -> Architecture? {
    name.flatMap { name in all.first { $0.ggufName == name } }
  }

  /// The names of families in GGUF files, sorted.
  static var ggufNames: [String] { Set(all.compactMap(\.ggufName)).sorted() }

  /// All that multiplies in a layer of the family.
  var linearRoles: Set<TensorRole> { TensorRole.linear.intersection(tensors.keys) }

  /// Whether a layer has queries, keys and values in one tensor.
  var fusesAttention: Bool { tensors[.queryKeyValue] != nil }

  /// Whether that tensor has the query, the key and the value of each head one after the other.
  var groupsAttentionByHead: Bool {
    if case .ungrouped = tensors[.queryKeyValue]?.form { true } else { false }
  }

  /// Whether Hugging Face's matrices have inputs as rows.
  var keepsInputsAsRows: Bool {
    if case .transposed = tensors[.up]?.form { true } else { false }
  }
}

extension Architecture: Equatable {
  /// Returns whether two families are the same, which have different names.
  public static func == (one: Architecture, other: Architecture) -> Bool { one.name == other.name }
}

/// The keys of a `config.json` under which a family keeps its sizes.
struct ConfigurationKeys: Sendable {
  var vocabulary = "vocab_size"
  var hidden = "hidden_size"
  var feedForward = "intermediate_size"
  var layers = "num_hidden_layers"
  var heads = "num_attention_heads"
  /// `nil` if there are as many as heads.
  var keyValueHeads: String? = "num_key_value_heads"
  /// `nil` if heads share the hidden state.
  var headSize: String? = "head_dim"
  var context = "max_position_embeddings"
  /// `nil` if it is 1e-5.
  var epsilon: String? = "rms_norm_eps"
  /// `nil` if the family has one activation.
  var activation: String? = "hidden_act"
  /// Other names of these keys, by them.
  var aliases: [String: String] = [:]
  /// How many times the hidden size the feed-forward size is where its key is absent or null.
  var feedForwardMultiple: Int?
  /// The context where its key is absent, of models without a limit.
  var contextDefault: Int?
  /// Whether the head is the embedding where the file does not say.
  var tiesByDefault = false
  /// Whether layers have rotary embeddings of several kinds, which the family reads itself.
  var hasRotaryKinds = false
  /// The biases of its design that some of its models lack.
  var optionalBiases: Set<TensorRole> = []
  /// Whether a GGUF file without a head has the embedding as one.
  var mayTieInGGUF = true
}

extension ModelConfiguration {
  /// Takes layer norms, biases everywhere, and `activation` where no key tells another.
  mutating func useLayerNorms(_ activation: Activation) {
    norm = .layer
    self.activation = activation
    biases = architecture.linearRoles
  }

  /// Takes no rotary embedding.
  mutating func useNoRotation() {
    rotaries = []
    for layer in layers.indices { layers[layer].rotary = nil }
  }
}
