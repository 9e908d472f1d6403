public import Kernels

/// What a model computes: sizes, and what its family and its files say besides.
public struct ModelConfiguration: Sendable, Equatable {
  /// The number of tokens in the vocabulary.
  public var vocabularySize: Int
  /// The length of a hidden state.
  public var hiddenSize: Int
  /// The length of the activations between the two halves of the feed-forward block.
  public var feedForwardSize: Int
  /// The number of transformer layers.
  public var layerCount: Int
  /// The number of attention heads.
  public var headCount: Int
  /// The number of heads that keys and values have; divides ``headCount``.
  public var keyValueHeadCount: Int
  /// The length of a head.
  public var headSize: Int
  /// The number of positions the model was trained for.
  public var contextLength: Int
  /// The length of the texts of pretraining, where the file says that the context was extended.
  public var originalContextLength: Int?
  /// The number added to the mean square or the variance in norms.
  public var normEpsilon: Float
  /// Whether the output head is the embedding.
  public var tiesEmbeddings: Bool
  /// The family of the model.
  public var architecture: Architecture

  /// What all norms compute.
  public var norm = Norm.rms
  /// The activation of the feed-forward block.
  public var activation = Activation.silu
  /// What has a bias, besides the norms that are layer norms.
  public var biases: Set<TensorRole> = []
  /// Whether the feed-forward block is given the layer's input instead of the attention's sum.
  public var isParallel = false
  /// What embeddings are multiplied by.
  public var embeddingScale: Float = 1
  /// The row of the position embedding of position 0; `nil` if there is no such embedding.
  public var positionOffset: Int?
  /// Whether scores fall linearly with distance, at a slope for each head (ALiBi).
  public var hasAttentionSlopes = false
  /// What scores are multiplied by before softmax.
  public var attentionScale: Float
  /// The soft cap of scores, or `nil`.
  public var attentionCap: Float?
  /// The soft cap of logits, or `nil`.
  public var logitCap: Float?
  /// The kinds of rotary embedding that layers have.
  public var rotaries: [Rotary]
  /// How each layer attends.
  public var layers: [LayerKind]
  /// Whether queries and keys, if they have norms, are normalised head by head instead of as a whole.
  public var normalisesHeads = true

  /// A norm of hidden states.
  public enum Norm: String, Sendable {
    /// `x · w / √(mean x² + ε)`
    case rms
    /// `x · (1 + w) / √(mean x² + ε)`
    case rmsPlusOne
    /// `(x − mean x) · w / √(variance x + ε) + b`
    case layer
  }

  /// How a layer attends.
  public struct LayerKind: Sendable, Equatable {
    /// The number of positions that a position sees, itself included; `nil` if all before it.
    public var window: Int?
    /// Which of ``ModelConfiguration/rotaries`` turns queries and keys; `nil` if none.
    public var rotary: Int?

    /// Creates a kind.
    public init(window: Int? = nil, rotary: Int? = 0) {
      self.window = window
      self.rotary = rotary
    }
  }

  /// Creates a configuration in which heads rotate as a whole and nothing else is scaled, changed as
  /// its family asks.
  ///
  /// - Throws: ``ModelError`` if a number is not positive or two of them do not fit together.
  public init(
    vocabularySize: Int, hiddenSize: Int, feedForwardSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int, headSize: Int, contextLength: Int, normEpsilon: Float,
    ropeBase: Float, tiesEmbeddings: Bool, architecture: Architecture = .llama
  ) throws(ModelError) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.feedForwardSize = feedForwardSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headSize = headSize
    self.contextLength = contextLength
    self.normEpsilon = normEpsilon
    self.tiesEmbeddings = tiesEmbeddings
    self.architecture = architecture
    attentionScale = 1 / Float(max(headSize, 1)).squareRoot()
    rotaries = [Rotary(base: ropeBase, size: headSize)]
    layers = []
    try validateSizes()
    layers = [LayerKind](repeating: LayerKind(), count: layerCount)
    architecture.design(&self)
    try validate()
  }

  /// The base of the rotary angles (θ in arXiv:2104.09864, section 3.2.2); of several, the last kind's.
  public var ropeBase: Float { rotaries.last?.base ?? 0 }

  /// Throws unless all sizes are possible ones.
  private func validateSizes() throws(ModelError) {
    let sizes = [
      ("vocabulary size", vocabularySize), ("hidden size", hiddenSize),
      ("feed-forward size", feedForwardSize), ("head count", headCount),
      ("key-value head count", keyValueHeadCount), ("head size", headSize),
    ]
    for (field, value) in sizes {
      try require((1...1 << 24).contains(value), field, value, "a number from 1 to 2^24")
    }
    try require((1...1 << 16).contains(layerCount), "layer count", layerCount, "1 to 65536")
    try require(
      (1...1 << 28).contains(contextLength), "context length", contextLength, "1 to 2^28")
    for (field, factor) in [("query size", headCount), ("key-value size", keyValueHeadCount)] {
      try require(
        factor * headSize <= 1 << 24, field, factor * headSize, "heads of at most 2^24 elements")
    }
    // So all that is counted of a model fits 63 bits.
    let largest = max(vocabularySize, feedForwardSize, headCount * headSize)
    try require(
      largest * hiddenSize <= 1 << 40 && layerCount * hiddenSize <= 1 << 32, "hidden size",
      hiddenSize,
      "matrices of at most 2^40 elements, and hidden states of at most 2^32 in all layers")
    try require(
      headCount.isMultiple(of: keyValueHeadCount), "key-value head count", keyValueHeadCount,
      "a divisor of the head count \(headCount)")
  }

  /// Throws unless what families and files say is possible.
  func validate() throws(ModelError) {
    try require(
      normEpsilon.isFinite && normEpsilon > 0, "norm epsilon", normEpsilon, "a positive number")
    for rotary in rotaries { try rotary.validate(headSize: headSize) }
    let scales = [embeddingScale, attentionScale, attentionCap ?? 1, logitCap ?? 1]
    for scale in scales {
      try require(scale.isFinite && scale > 0, "scale or cap", scale, "a positive number")
    }
    try require(layers.count == layerCount, "layer count", layers.count, "\(layerCount)")
    for layer in layers {
      try require(layer.window ?? 1 > 0, "attention window", layer.window ?? 1, "positive")
    }
  }

  func require<T>(
    _ condition: Bool, _ field: String, _ value: T, _ expected: String
  ) throws(ModelError) {
    guard condition else { throw .invalidField(field, found: "\(value)", expected: expected) }
  }

  /// The length of the queries of a token: all heads.
  var querySize: Int { headCount * headSize }

  /// The length of the keys, and of the values, of a token.
  var keyValueSize: Int { keyValueHeadCount * headSize }

  /// Whether the feed-forward block multiplies two products.
  var isGated: Bool { architecture.tensors[.gate] != nil || architecture.tensors[.gateUp] != nil }
}

/// The reason a model cannot be used, or used in this way.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// A hyper-parameter that no model of this family can have.
  case invalidField(String, found: String, expected: String)
  /// An architecture, or a variant of one, that is not implemented.
  case unsupported(String, found: String, supported: String)
  /// A key that no rule understands, with a value that could change what the model computes.
  case unknownField(place: String, key: String, found: String)
  /// There is no output head of this name, and nothing says that the embedding is one.
  case missingHead(String)
  /// The file lacks a tensor that the configuration calls for.
  case missingTensor(String)
  /// A tensor's shape disagrees with the configuration.
  case wrongShape(String, found: [Int], expected: [Int])
  /// A token that the vocabulary does not have.
  case tokenOutOfRange(Int32, vocabularySize: Int)
  /// A sequence that does not fit the model's context.
  case contextExceeded(length: Int, contextLength: Int)
  /// A sequence without tokens.
  case emptySequence

  /// What is wrong, where, and what to do about it.
  public var description: String {
    switch self {
    case .invalidField(let field, let found, let expected):
      "the model's \(field) is \(found), but must be \(expected); is the file damaged?"
    case .unsupported(let what, let found, let supported):
      "the model's \(what) is '\(found)', which is not supported; supported: \(supported)"
    case .unknownField(let place, let key, let found):
      """
      \(place) has the key '\(key)' (\(found)), which is not understood; if it does not change what \
      the model computes, take it out
      """
    case .missingHead(let name):
      """
      the model has no tensor '\(name)', and does not say that its head is its embedding \
      ("tie_word_embeddings": true); is the file complete?
      """
    case .missingTensor(let name):
      "the model has no tensor '\(name)'; is the file complete?"
    case .wrongShape(let name, let found, let expected):
      "tensor '\(name)' has shape \(found), but the model's configuration calls for \(expected)"
    case .tokenOutOfRange(let token, let size):
      "token \(token) is not in the vocabulary, whose tokens are 0 to \(size - 1)"
    case .contextExceeded(let length, let contextLength):
      """
      the text is \(length) tokens long, but the model's context holds \(contextLength); \
      shorten the text or the number of new tokens
      """
    case .emptySequence:
      "the text has no tokens; give at least one"
    }
  }
}
