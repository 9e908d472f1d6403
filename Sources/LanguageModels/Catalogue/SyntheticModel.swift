internal import Bytes
public import Kernels
public import Tensors
public import Weights

/// A model file of any size without a download: real shapes, weights from a seed, no tokenizer.
public struct SyntheticModel: Sendable {
  /// The shapes.
  public let configuration: ModelConfiguration

  /// The name in the file's metadata.
  public let name: String

  private let weights: SyntheticWeights

  /// Creates the model called `name` with the weights named `seed`.
  public init(_ configuration: ModelConfiguration, name: String, seed: UInt64) {
    self.configuration = configuration
    self.name = name
    weights = SyntheticWeights(parameters: configuration.parameters, seed: seed)
  }

  /// Writes the model as a GGUF file; it appears at `path` only when it is complete.
  ///
  /// - Parameters:
  ///   - type: The type of matrices, a storable one; vectors are f32.
  ///   - onProgress: Called with the number of weights written; from any thread.
  /// - Returns: The size of the file, in bytes.
  /// - Throws: ``WeightsError`` if rows do not fill whole blocks of `type` or the disk is full.
  /// - Complexity: Time in proportion to the weights; memory of some megabytes.
  @discardableResult
  public func write(
    to path: String, as type: ElementType, threads: Threads,
    onProgress: @Sendable (Int) -> Void = { _ in }
  ) throws(WeightsError) -> Int {
    let writer = try GGUFWriter(
      path: path, metadata: metadata(type), parameters: weights.parameters, matrixType: type,
      naming: .llama)
    do {
      try weights.write(to: writer, threads: threads, onProgress: onProgress)
    } catch { throw .file(error) }
    return writer.byteCount
  }

  /// The keys that llama.cpp and ``ModelConfiguration`` read.
  private func metadata(_ type: ElementType) -> [(key: String, value: GGUFField)] {
    let c = configuration
    let sizes = [
      ("vocab_size", c.vocabularySize), ("context_length", c.contextLength),
      ("embedding_length", c.hiddenSize), ("block_count", c.layerCount),
      ("feed_forward_length", c.feedForwardSize), ("rope.dimension_count", c.headSize),
      ("attention.head_count", c.headCount), ("attention.head_count_kv", c.keyValueHeadCount),
      ("attention.key_length", c.headSize), ("attention.value_length", c.headSize),
    ]
    return [
      ("general.architecture", .text("llama")), ("general.name", .text(name)),
      ("general.file_type", .unsigned(type.ggufFileType)),
      ("llama.attention.layer_norm_rms_epsilon", .float(c.normEpsilon)),
      ("llama.rope.freq_base", .float(c.ropeBase)),
      // llama.cpp wants to be told that there is no vocabulary.
      ("tokenizer.ggml.model", .text("no_vocab")),
    ] + sizes.map { ("llama.\($0)", .unsigned(UInt32($1))) }
  }
}
