internal import Bytes
public import Kernels
public import Tensors
internal import Weights

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
  /// - Throws: ``WeightsError`` if rows do not fill whole blocks of `type` or the disk is full,
  ///   ``ModelError`` if a GGUF file cannot say what the model computes.
  /// - Complexity: Time in proportion to the weights; memory of some megabytes.
  @discardableResult
  public func write(
    to path: String, as type: ElementType, threads: Threads,
    onProgress: @Sendable (Int) -> Void = { _ in }
  ) throws -> Int {
    let writer = try GGUFWriter(
      path: path,
      metadata: try configuration.ggufMetadata(
        name: name, type: type,
        // llama.cpp wants to be told that there is no vocabulary.
        tokenizer: [("tokenizer.ggml.model", .text("no_vocab"))]),
      parameters: weights.parameters, matrixType: type, naming: configuration.ggufNaming)
    do throws(FileError) {
      try weights.write(to: writer, threads: threads, onProgress: onProgress)
    } catch { throw WeightsError.file(error) }
    return writer.byteCount
  }
}
