public import LanguageModels

/// What other ways of tuning would keep in memory, in f32 PyTorch, for the same batch.
///
/// Leading terms only: allocators and libraries come on top. Symbols as in ``MemoryEstimate``.
public struct PeerEstimate: Sendable, Equatable {
  /// The method.
  public let name: String
  /// Its private memory, in bytes.
  public let bytes: Int
  /// The formula.
  public let formula: String

  /// PyTorch with transformers, before a model is loaded: about 0.4 GB.
  static let runtimeBytes = 400_000_000

  /// Returns the peers' estimates.
  ///
  /// - Parameter rank: The rank r of LoRA on queries and values.
  public static func all(
    _ c: ModelConfiguration, parameterCount d: Int, tokens: Int, rank: Int = 8
  ) -> [PeerEstimate] {
    let querySize = c.headCount * c.headSize, keySize = c.keyValueHeadCount * c.headSize
    let logits = 4 * tokens * c.vocabularySize
    let layer = 8 * c.hiddenSize + 6 * querySize + 4 * c.feedForwardSize
    let stored = 4 * tokens * c.layerCount * layer
    let row = 4 * tokens * (4 * c.hiddenSize + 2 * querySize + 3 * c.feedForwardSize)
    let lora = c.layerCount * rank * (2 * c.hiddenSize + querySize + keySize)
    return [
      PeerEstimate(
        name: "PyTorch MeZO",
        bytes: runtimeBytes + 4 * d + 4 * c.vocabularySize * c.hiddenSize + row + 2 * logits,
        formula: "0.4 GB + 4 d + 4 V h + 4 T (4h + 2q + 3f) + 8 T V"),
      PeerEstimate(
        name: "LoRA, Adam", bytes: runtimeBytes + 4 * d + 16 * lora + stored + 3 * logits,
        formula: "0.4 GB + 4 d + 16 r layers (2h + q + k) + 4 T layers (8h + 6q + 4f) + 12 T V"),
      PeerEstimate(
        name: "full Adam", bytes: runtimeBytes + 16 * d + stored + 3 * logits,
        formula: "0.4 GB + 16 d + 4 T layers (8h + 6q + 4f) + 12 T V"),
    ]
  }
}
