internal import Foundation
public import Kernels
public import LanguageModels
public import Tokenizers
public import Weights

/// A model that can be tuned: weights in a mapped file, an architecture and a tokenizer.
///
///     let base = try LoadedModel.open(
///       path: "SmolLM2-135M-Instruct.Q4_1.gguf", context: ComputeContext(threads: Threads(2)))
public struct LoadedModel: Sendable {
  /// The weights `w0`, mapped read-only.
  public let store: WeightStore

  /// The architecture.
  public let model: LanguageModel

  /// What turns text into tokens.
  ///
  /// - Throws: ``TokenizerError`` if the model has no tokenizer that can be used; logits of given tokens
  ///   need none.
  public var tokenizer: any Tokenizer { get throws { try loadedTokenizer.get() } }

  private let loadedTokenizer: Result<any Tokenizer, any Error>

  /// What computes.
  public var context: ComputeContext { store.context }

  /// Opens a GGUF file or a Hugging Face folder.
  ///
  /// - Throws: ``WeightsError`` or ``ModelError`` if a file is damaged or asks for what is not supported,
  ///   ``OpenBLASMemoryError`` if the threads of `context` cannot all multiply at once.
  /// - Complexity: Headers and the tokenizer are read; weights are not.
  public static func open(
    path: String, context: ComputeContext
  ) throws -> LoadedModel {
    let store = try WeightStore.open(path: path, context: context)
    let model = try LanguageModel(
      ModelConfiguration(store), parameters: store.parameters, context: context)
    try OpenBLAS.reserveBuffers(threads: context.threads.count)
    return LoadedModel(
      store: store, model: model,
      loadedTokenizer: Result { try tokenizer(of: store.metadata, path: path) })
  }

  /// Returns the same model, computed by `context`.
  package func computed(by context: ComputeContext) -> LoadedModel {
    var store = store
    store.context = context
    return LoadedModel(
      store: store, model: model.computed(by: context), loadedTokenizer: loadedTokenizer)
  }

  /// Returns the tokenizer of the model at `path`; its weights are not looked at.
  public static func tokenizer(path: String) throws -> any Tokenizer {
    try tokenizer(of: ModelMetadata.read(path: path), path: path)
  }

  private static func tokenizer(
    of metadata: ModelMetadata, path: String
  ) throws -> any Tokenizer {
    switch metadata {
    case .gguf(let metadata):
      return try TokenizerVocabulary(metadata, file: path).makeTokenizer()
    case .huggingFace(let folder): return try folder.makeTokenizer()
    }
  }
}
