internal import Tensors

/// What all layers of a pass share: its batch, its weights, and what follows from positions.
struct PassInput: Sendable {
  let configuration: ModelConfiguration
  let weights: PassWeights
  let batch: PackedBatch
  let allRows: QueryRows
  /// One for each of the model's kinds of rotary embedding.
  let angles: [RotaryEmbedding]
  let attention: CausalAttention
  /// What layers compute in, one after the other.
  let scratch: LayerScratch
  private let caches: [KeyValueCache]

  /// Creates the input of a pass.
  ///
  /// - Parameters:
  ///   - batch: Of a two-sided pass, every sequence twice.
  ///   - caches: While decoding, that of each sequence; else none.
  init(
    _ configuration: ModelConfiguration, _ batch: PackedBatch, _ weights: PassWeights,
    caches: [KeyValueCache] = []
  ) {
    self.configuration = configuration
    self.batch = batch
    self.weights = weights
    self.caches = caches
    allRows = QueryRows(all: batch)
    scratch = LayerScratch(rows: batch.tokenCount, configuration)
    angles = configuration.rotaries.map {
      RotaryEmbedding(
        positions: batch.positions, headSize: configuration.headSize, $0, context: weights.context)
    }
    attention = CausalAttention(configuration: configuration, context: weights.context)
  }

  /// The rows of the position embedding, one for each row of the pass.
  ///
  /// - Precondition: The model has such an embedding.
  var positionRows: [Int32] {
    batch.positions.map { Int32($0 + (configuration.positionOffset ?? 0)) }
  }

  /// The rotary angles of the layer `layer`, or `nil` if it has none.
  func angles(ofLayer layer: Int) -> RotaryEmbedding? {
    configuration.layers[layer].rotary.map { angles[$0] }
  }

  /// Returns what each sequence attends with in the layer `layer`.
  func segments(
    _ asking: QueryRows, _ queries: Matrix, _ keys: Matrix, _ values: Matrix,
    into output: Matrix, layer: Int
  ) -> [CausalAttention.Segment] {
    let window = configuration.layers[layer].window ?? .max
    return batch.rows.indices.map { sequence in
      let own = asking.ranges[sequence]
      let known = keysAndValues(of: sequence, keys, values, layer)
      return CausalAttention.Segment(
        queries: queries.rows(own), output: output.rows(own), keys: known.keys,
        values: known.values,
        visible: asking.visible[own].map { max(0, $0 - window)..<$0 })
    }
  }

  /// Returns the keys and values of a sequence from position 0 on, given those of the batch.
  private func keysAndValues(
    of sequence: Int, _ keys: Matrix, _ values: Matrix, _ layer: Int
  ) -> (keys: Matrix, values: Matrix) {
    let own = batch.rows[sequence]
    if let prefix = batch.sequences[sequence].prefix {
      let earlier = batch.rows[prefix]
      return (keys.joining(earlier, own), values.joining(earlier, own))
    }
    guard !caches.isEmpty else { return (keys.rows(own), values.rows(own)) }
    return caches[sequence].append(
      keys: keys.rows(own), values: values.rows(own), layer: layer,
      position: batch.sequences[sequence].firstPosition)
  }
}

extension Matrix {
  /// Returns a copy of two ranges of rows, one after the other.
  fileprivate func joining(_ first: Range<Int>, _ second: Range<Int>) -> Matrix {
    let joined = Matrix(rows: first.count + second.count, columns: columnCount)
    joined.rows(0..<first.count).copyElements(from: rows(first))
    joined.rows(first.count..<joined.rowCount).copyElements(from: rows(second))
    return joined
  }
}
