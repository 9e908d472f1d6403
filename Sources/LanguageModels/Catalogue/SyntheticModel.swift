public import Kernels
internal import Synchronization
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
  ///   - type: The type of matrices, one of `GGUFWriter.storableTypes`; vectors are f32.
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
      headSize: configuration.headSize)
    let failure = Mutex<FileError?>(nil)
    let tiles = weights.parameters.parameters.indices.flatMap { tensor in
      rowRanges(of: weights.parameters[tensor]).map { (tensor: tensor, rows: $0) }
    }
    threads.forEach(tiles.count) { index in
      guard failure.withLock({ $0 == nil }) else { return }
      let (tensor, rows) = tiles[index]
      let tile = Matrix(rows: rows.count, columns: weights.parameters[tensor].columnCount)
      weights.load(rows, of: tensor, into: tile)
      do throws(FileError) {
        try writer.write(tile, toRow: rows.lowerBound, of: tensor)
      } catch { failure.withLock { $0 = error } }
      onProgress(rows.count * tile.columnCount)
    }
    if let error = failure.withLock({ $0 }) { throw .file(error) }
    do { try writer.finish() } catch { throw .file(error) }
    return writer.byteCount
  }

  /// Returns ranges of rows of about 256 thousand weights.
  private func rowRanges(of parameter: Parameter) -> [Range<Int>] {
    let size = max(1, (1 << 18) / parameter.columnCount)
    return stride(from: 0, to: parameter.rowCount, by: size).map {
      $0..<min($0 + size, parameter.rowCount)
    }
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

extension ElementType {
  /// The number of `LlamaFileType` in the Python package gguf.
  fileprivate var ggufFileType: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .q4_0: 2
    case .q4_1: 3
    case .q8_0: 7
    case .bf16: 32
    }
  }
}
