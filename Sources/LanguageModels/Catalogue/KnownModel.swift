internal import Tensors

/// A published model by its name: shapes without weights, for estimates and synthetic runs.
///
/// The same facts are in `Models/<name>.json`; a test compares them and counts the parameters.
public struct KnownModel: Sendable {
  /// The name, as in `Models/<name>.json`.
  public let name: String

  /// The hyper-parameters.
  public let configuration: ModelConfiguration

  /// The number of parameters.
  public var parameterCount: Int { configuration.parameters.elementCount }

  /// Returns the model called `name`, or `nil` if there is none.
  public static func named(_ name: String) -> KnownModel? { all.first { $0.name == name } }

  /// All models, the smallest first.
  public static let all: [KnownModel] = [
    model("smollm2-135m", 49152, 576, 1536, 30, heads: 9, 3, 8192, base: 1e5, tied: true),
    model("smollm2-360m", 49152, 960, 2560, 32, heads: 15, 5, 8192, base: 1e5, tied: true),
    model(
      "qwen2.5-0.5b", 151936, 896, 4864, 24, heads: 14, 2, 32768, epsilon: 1e-6, base: 1e6,
      tied: true, .qwen2),
    model("tinyllama-1.1b", 32000, 2048, 5632, 22, heads: 32, 4, 2048),
    model("llama-3.2-1b", 128256, 2048, 8192, 16, heads: 32, 8, 131072, base: 5e5, tied: true),
    model("datajuicer-1.3b", 32000, 2048, 5504, 24, heads: 16, 16, 2048, epsilon: 1e-6),
    model(
      "qwen2.5-1.5b", 151936, 1536, 8960, 28, heads: 12, 2, 131072, epsilon: 1e-6, base: 1e6,
      tied: true, .qwen2),
    model("smollm2-1.7b", 49152, 2048, 8192, 24, heads: 32, 32, 8192, base: 1.3e5, tied: true),
    model("llama-3.2-3b", 128256, 3072, 8192, 28, heads: 24, 8, 131072, base: 5e5, tied: true),
    model("openllama-3b", 32000, 3200, 8640, 26, heads: 32, 32, 2048, epsilon: 1e-6),
    model("llama-2-7b", 32000, 4096, 11008, 32, heads: 32, 32, 4096),
  ]

  private static func model(
    _ name: String, _ vocabularySize: Int, _ hiddenSize: Int, _ feedForwardSize: Int,
    _ layerCount: Int, heads: Int, _ keyValueHeads: Int, _ contextLength: Int,
    epsilon: Float = 1e-5, base: Float = 1e4, tied: Bool = false,
    _ architecture: Architecture = .llama
  ) -> KnownModel {
    let configuration = try? ModelConfiguration(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize, feedForwardSize: feedForwardSize,
      layerCount: layerCount, headCount: heads, keyValueHeadCount: keyValueHeads,
      headSize: hiddenSize / heads, contextLength: contextLength, normEpsilon: epsilon,
      ropeBase: base, tiesEmbeddings: tied, architecture: architecture)
    guard let configuration else { preconditionFailure("\(name) is no possible model") }
    return KnownModel(name: name, configuration: configuration)
  }
}
