package import Weights

/// What one family of decoders has that another has not, and how files speak of it.
///
/// A family is a value in a file of its own beside this one, and a place in ``all``.
public struct Architecture: Sendable {
  /// The name among `architectures` in `config.json`.
  public let name: String

  /// The `model_type` in `config.json`.
  package let modelType: String

  /// Whether queries, keys and values have biases.
  public let hasAttentionBiases: Bool

  /// What `config.json` may not switch on, because it is not implemented.
  package let unsupportedSwitches: [String]

  /// The names of the tensors; its own architecture is the name in GGUF files.
  package let naming: TensorNaming

  /// All families.
  package static let all = [llama, qwen2]
}

extension Architecture: Equatable {
  /// Returns whether two families are the same, which have different names.
  public static func == (one: Architecture, other: Architecture) -> Bool { one.name == other.name }
}
