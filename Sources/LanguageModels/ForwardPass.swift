internal import Kernels
internal import Tensors
internal import Weights

/// One pass of a batch through a Llama model: the architecture, top to bottom.
///
/// Activations of all sides are stacked, see ``TiledProducts``. `n` stands for the rows of one side.
struct ForwardPass: Sendable {
  let products: TiledProducts
  private let model: LlamaModel
  private let batch: PackedBatch
  private let allRows: QueryRows
  private let outputRows: QueryRows
  private let cache: KeyValueCache?
  private let cacheSequences: [Int]
  private let angles: RotaryEmbedding
  private let attention: CausalAttention
  private let buffers: Buffers

  private var configuration: ModelConfiguration { model.configuration }
  private var runtime: Runtime { products.runtime }

  /// What a layer leaves for the next to overwrite, shape `(sides · n, …)`.
  private struct Buffers: Sendable {
    let normed, queries, keys, values, attended, raised: Matrix

    init(rows: Int, _ c: ModelConfiguration) {
      normed = Matrix(rows: rows, columns: c.hiddenSize)
      queries = Matrix(rows: rows, columns: c.querySize)
      keys = Matrix(rows: rows, columns: c.keyValueSize)
      values = Matrix(rows: rows, columns: c.keyValueSize)
      attended = Matrix(rows: rows, columns: c.querySize)
      raised = Matrix(rows: rows, columns: c.feedForwardSize)
    }
  }

  /// Creates a pass that ends in the hidden states of `outputRows`, which are ascending.
  ///
  /// - Parameter cacheSequences: For each sequence of the batch, its place in `cache`.
  init(
    _ model: LlamaModel, _ batch: PackedBatch, weights: any WeightSource, outputRows: [Int],
    cache: KeyValueCache? = nil, cacheSequences: [Int] = []
  ) throws(ModelError) {
    try model.validate(batch)
    self.model = model
    self.batch = batch
    self.cache = cache
    self.cacheSequences = cacheSequences
    allRows = QueryRows(all: batch)
    self.outputRows = QueryRows(outputRows, of: batch)
    products = TiledProducts(weights: weights, runtime: model.runtime)
    angles = RotaryEmbedding(
      positions: batch.positions, headSize: model.configuration.headSize,
      base: model.configuration.ropeBase, runtime: model.runtime)
    attention = CausalAttention(configuration: model.configuration, runtime: model.runtime)
    buffers = Buffers(rows: weights.sideCount * batch.tokenCount, model.configuration)
  }

  /// Returns the normalised hidden states of the output rows, shape `(sides · outputs, hiddenSize)`.
  func hiddenStates() -> Matrix {
    var x = embed()
    for (index, layer) in model.parameters.layers.enumerated() {
      // The last layer needs keys and values of every row, but all else of the output rows only.
      let isLast = index == configuration.layerCount - 1
      x = attend(x, layer, index: index, asking: isLast ? outputRows : allRows)
      feedForward(x, layer)
    }
    return norm(x, model.parameters.norm)
  }

  /// Returns the embedding of every token, shape `(sides · n, hiddenSize)`.
  private func embed() -> Matrix {
    let tokens = batch.tokens
    let x = Matrix(
      rows: products.sideCount * tokens.count, columns: configuration.hiddenSize)
    let (plus, minus) = (products.side(0, of: x), products.side(products.sideCount - 1, of: x))
    runtime.threads.forEach(tokens.count) { row in
      let token = Int(tokens[row])
      let tile = Tile(plus: plus.rows(row..<row + 1), minus: minus.rows(row..<row + 1))
      runtime.clock.measure(.dequantise) {
        products.weights.load(token..<token + 1, of: model.parameters.embedding, into: tile)
      }
    }
    return x
  }

  /// Returns `x + attention(norm(x))` for the asking rows.
  private func attend(
    _ x: Matrix, _ layer: LlamaParameters.Layer, index: Int, asking: QueryRows
  ) -> Matrix {
    let normed = norm(x, layer.attentionNorm)
    let (residual, own) = (select(asking, of: x), select(asking, of: normed))
    let queries = buffers.queries.rows(0..<own.rowCount)
    let attended = buffers.attended.rows(0..<own.rowCount)
    products.multiply([
      (own, layer.query, queries), (normed, layer.key, buffers.keys),
      (normed, layer.value, buffers.values),
    ])
    rotate(queries, asking)
    rotate(buffers.keys, allRows)
    attention(segments(asking, queries, attended, layer: index))
    products.multiply([(attended, layer.attentionOutput, residual)], adding: true)
    return residual
  }

  /// Adds the feed-forward block of `norm(x)` to `x`.
  private func feedForward(_ x: Matrix, _ layer: LlamaParameters.Layer) {
    let normed = norm(x, layer.feedForwardNorm)
    let raised = buffers.raised.rows(0..<x.rowCount)
    products.multiplyGated(normed, gate: layer.gate, up: layer.up, into: raised)
    products.multiply([(raised, layer.down, x)], adding: true)
  }

  /// Returns RMSNorm of `x` by the weight `tensor`, each side by its own; valid until the next call.
  private func norm(_ x: Matrix, _ tensor: Int) -> Matrix {
    let y = buffers.normed.rows(0..<x.rowCount)
    products.withTile(0..<1, of: tensor) { tile in
      for (side, weight) in [tile.plus, tile.minus].prefix(products.sideCount).enumerated() {
        let (x, y) = (products.side(side, of: x), products.side(side, of: y))
        runtime.forEachRange(of: x.rowCount, by: 32) { rows in
          runtime.operations.rmsNorm(
            x.rows(rows), weight: weight, epsilon: configuration.normEpsilon, into: y.rows(rows))
        }
      }
    }
    return y
  }

  /// Turns the heads of `x`, whose rows on each side are those of `query`.
  private func rotate(_ x: Matrix, _ query: QueryRows) {
    for side in 0..<products.sideCount {
      let x = products.side(side, of: x)
      runtime.forEachRange(of: query.count, by: 32) { range in
        for index in range {
          let row = query.rows[index]..<query.rows[index] + 1
          runtime.operations.rotate(
            x.rows(index..<index + 1), headSize: configuration.headSize,
            cosine: angles.cosine.rows(row), sine: angles.sine.rows(row))
        }
      }
    }
  }

  /// Returns what each sequence of each side attends with.
  private func segments(
    _ asking: QueryRows, _ queries: Matrix, _ output: Matrix, layer: Int
  ) -> [CausalAttention.Segment] {
    (0..<products.sideCount).flatMap { side in
      let (queries, output) = (products.side(side, of: queries), products.side(side, of: output))
      let keys = products.side(side, of: buffers.keys)
      let values = products.side(side, of: buffers.values)
      return batch.rows.indices.map { sequence in
        let own = asking.ranges[sequence]
        let known = history(keys, values, layer, sequence)
        return CausalAttention.Segment(
          queries: queries.rows(own), output: output.rows(own), keys: known.keys,
          values: known.values, visible: Array(asking.visible[own]))
      }
    }
  }

  /// Returns the keys and values of a sequence from position 0 on, given those of the batch.
  private func history(
    _ keys: Matrix, _ values: Matrix, _ layer: Int, _ sequence: Int
  ) -> (keys: Matrix, values: Matrix) {
    let own = batch.rows[sequence]
    if let prefix = batch.sequences[sequence].prefix {
      let earlier = batch.rows[prefix]
      return (keys.joining(earlier, own), values.joining(earlier, own))
    }
    guard let cache else { return (keys.rows(own), values.rows(own)) }
    return cache.append(
      keys: keys.rows(own), values: values.rows(own), layer: layer,
      sequence: cacheSequences[sequence], position: batch.sequences[sequence].firstPosition)
  }

  /// Returns the asking rows of each side of `x`; `x` itself if they are all.
  private func select(_ asking: QueryRows, of x: Matrix) -> Matrix {
    guard asking.count < batch.tokenCount else { return x }
    let y = Matrix(rows: products.sideCount * asking.count, columns: x.columnCount)
    for side in 0..<products.sideCount {
      let (x, y) = (products.side(side, of: x), products.side(side, of: y))
      for (index, row) in asking.rows.enumerated() {
        y.rows(index..<index + 1).copyElements(from: x.rows(row..<row + 1))
      }
    }
    return y
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
