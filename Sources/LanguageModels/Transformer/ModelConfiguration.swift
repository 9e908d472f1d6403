/// The hyper-parameters of a model.
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
  /// The length of a head; even.
  public var headSize: Int
  /// The number of positions the model was trained for.
  public var contextLength: Int
  /// The number added to the mean square in RMSNorm.
  public var normEpsilon: Float
  /// The base of the rotary angles (θ in arXiv:2104.09864, section 3.2.2).
  public var ropeBase: Float
  /// Whether the output head is the embedding.
  public var tiesEmbeddings: Bool
  /// The family of the model.
  public var architecture: Architecture

  /// Creates a configuration.
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
    self.ropeBase = ropeBase
    self.tiesEmbeddings = tiesEmbeddings
    self.architecture = architecture
    try validate()
  }

  private func validate() throws(ModelError) {
    let sizes = [
      ("vocabulary size", vocabularySize), ("hidden size", hiddenSize),
      ("feed-forward size", feedForwardSize), ("layer count", layerCount),
      ("head count", headCount), ("key-value head count", keyValueHeadCount),
      ("head size", headSize), ("context length", contextLength),
    ]
    for (field, value) in sizes where !(1..<1 << 31).contains(value) {
      throw .invalidField(field, found: "\(value)", expected: "a positive number below 2^31")
    }
    try require(
      headCount.isMultiple(of: keyValueHeadCount), "key-value head count", keyValueHeadCount,
      "a divisor of the head count \(headCount)")
    try require(headSize.isMultiple(of: 2), "head size", headSize, "an even number")
    try require(
      normEpsilon.isFinite && normEpsilon > 0, "RMSNorm epsilon", normEpsilon, "a positive number")
    try require(ropeBase.isFinite && ropeBase > 1, "RoPE base", ropeBase, "a number above 1")
  }

  private func require<T>(
    _ condition: Bool, _ field: String, _ value: T, _ expected: String
  ) throws(ModelError) {
    guard condition else { throw .invalidField(field, found: "\(value)", expected: expected) }
  }

  /// The length of the queries of a token: all heads.
  var querySize: Int { headCount * headSize }

  /// The length of the keys, and of the values, of a token.
  var keyValueSize: Int { keyValueHeadCount * headSize }
}

/// The reason a model cannot be used, or used in this way.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// A hyper-parameter that no model of this family can have.
  case invalidField(String, found: String, expected: String)
  /// An architecture, or a variant of one, that is not implemented.
  case unsupported(String, found: String, supported: String)
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
