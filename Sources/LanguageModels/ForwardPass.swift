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
  private let outputRows: [Int]
  private let positions: [Int]
  private let cache: KeyValueCache?
  private let cacheSequences: [Int]
  private let angles: RotaryEmbedding
  private let attention: CausalAttention

  private var configuration: ModelConfiguration { model.configuration }
  private var runtime: Runtime { products.runtime }

  /// Creates a pass that ends in the hidden states of `outputRows`.
  ///
  /// - Parameter cacheSequences: For each sequence of the batch, its place in `cache`.
  init(
    _ model: LlamaModel, _ batch: PackedBatch, weights: any WeightSource, outputRows: [Int],
    cache: KeyValueCache? = nil, cacheSequences: [Int] = []
  ) throws(ModelError) {
    try model.validate(batch)
    self.model = model
    self.batch = batch
    self.outputRows = outputRows
    self.cache = cache
    self.cacheSequences = cacheSequences
    positions = batch.positions
    products = TiledProducts(weights: weights, runtime: model.runtime)
    angles = RotaryEmbedding(
      positions: positions, headSize: model.configuration.headSize,
      base: model.configuration.ropeBase)
    attention = CausalAttention(configuration: model.configuration, runtime: model.runtime)
  }

  /// Returns the normalised hidden states of the output rows, shape `(sides · outputs, hiddenSize)`.
  func hiddenStates() -> Matrix {
    var x = embed()
    for (index, layer) in model.parameters.layers.enumerated() {
      // The last layer needs keys and values of every row, but all else of the output rows only.
      let isLast = index == configuration.layerCount - 1
      x = attend(x, layer, index: index, rows: isLast ? outputRows : nil)
      feedForward(x, layer)
    }
    return norm(x, model.parameters.norm)
  }

  /// Returns the embedding of every token, shape `(sides · n, hiddenSize)`.
  private func embed() -> Matrix {
    let tokens = batch.tokens
    let x = matrix(rows: tokens.count, columns: configuration.hiddenSize)
    let (plus, minus) = (products.side(0, of: x), products.side(products.sideCount - 1, of: x))
    runtime.threads.forEach(tokens.count) { row in
      let token = Int(tokens[row])
      let tile = Tile(plus: plus.rows(row..<row + 1), minus: minus.rows(row..<row + 1))
      products.weights.load(token..<token + 1, of: model.parameters.embedding, into: tile)
    }
    return x
  }

  /// Returns `x + attention(norm(x))` for the given rows, or for all.
  private func attend(
    _ x: Matrix, _ layer: LlamaParameters.Layer, index: Int, rows: [Int]?
  ) -> Matrix {
    let normed = norm(x, layer.attentionNorm)
    let n = x.rowCount / products.sideCount
    let keys = matrix(rows: n, columns: configuration.keyValueSize)
    let values = matrix(rows: n, columns: configuration.keyValueSize)
    let residual = rows.map { gather($0, of: x) } ?? x
    let asking = rows.map { gather($0, of: normed) } ?? normed
    let queries = Matrix(rows: asking.rowCount, columns: configuration.querySize)
    if rows == nil {
      products.multiply(
        normed, [(layer.query, queries), (layer.key, keys), (layer.value, values)])
    } else {
      products.multiply(normed, [(layer.key, keys), (layer.value, values)])
      products.multiply(asking, [(layer.query, queries)])
    }
    rotate(keys, rows: Array(0..<n))
    rotate(queries, rows: rows ?? Array(0..<n))
    let output = Matrix(rows: queries.rowCount, columns: configuration.querySize)
    attention(
      segments(rows ?? Array(0..<n), queries, output, keys: keys, values: values, layer: index))
    products.multiply(output, [(layer.attentionOutput, residual)], adding: true)
    return residual
  }

  /// Adds the feed-forward block of `norm(x)` to `x`.
  private func feedForward(_ x: Matrix, _ layer: LlamaParameters.Layer) {
    let normed = norm(x, layer.feedForwardNorm)
    let raised = Matrix(rows: x.rowCount, columns: configuration.feedForwardSize)
    products.multiplyGated(normed, gate: layer.gate, up: layer.up, into: raised)
    products.multiply(raised, [(layer.down, x)], adding: true)
  }

  /// Returns RMSNorm of `x` by the weight `tensor`, each side by its own.
  private func norm(_ x: Matrix, _ tensor: Int) -> Matrix {
    let y = Matrix(rows: x.rowCount, columns: x.columnCount)
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

  /// Turns the heads of `x`, whose rows on each side are the batch's `rows`.
  private func rotate(_ x: Matrix, rows: [Int]) {
    for side in 0..<products.sideCount {
      let x = products.side(side, of: x)
      runtime.forEachRange(of: rows.count, by: 32) { range in
        for index in range {
          let angle = angles.rows(rows[index]..<rows[index] + 1)
          runtime.operations.rotate(
            x.rows(index..<index + 1), headSize: configuration.headSize, cosine: angle.cosine,
            sine: angle.sine)
        }
      }
    }
  }

  /// Returns what each sequence of each side attends with, when the queries are those of `rows`.
  private func segments(
    _ rows: [Int], _ queries: Matrix, _ output: Matrix, keys: Matrix, values: Matrix, layer: Int
  ) -> [CausalAttention.Segment] {
    (0..<products.sideCount).flatMap { side in
      let (queries, output) = (products.side(side, of: queries), products.side(side, of: output))
      let (keys, values) = (products.side(side, of: keys), products.side(side, of: values))
      return batch.rows.indices.compactMap { sequence -> CausalAttention.Segment? in
        let asking = rows.indices.filter { batch.rows[sequence].contains(rows[$0]) }
        guard let first = asking.first, let last = asking.last else { return nil }
        let known = history(
          keys.rows(batch.rows[sequence]), values.rows(batch.rows[sequence]), layer, sequence)
        return CausalAttention.Segment(
          queries: queries.rows(first..<last + 1), output: output.rows(first..<last + 1),
          keys: known.keys, values: known.values, visible: asking.map { positions[rows[$0]] + 1 })
      }
    }
  }

  /// Returns the keys and values of a sequence from its first position on.
  private func history(
    _ keys: Matrix, _ values: Matrix, _ layer: Int, _ sequence: Int
  ) -> (keys: Matrix, values: Matrix) {
    guard let cache else { return (keys, values) }
    return cache.append(
      keys: keys, values: values, layer: layer, sequence: cacheSequences[sequence],
      position: batch.sequences[sequence].firstPosition)
  }

  /// Returns the given rows of each side of `x`.
  private func gather(_ rows: [Int], of x: Matrix) -> Matrix {
    let y = matrix(rows: rows.count, columns: x.columnCount)
    for side in 0..<products.sideCount {
      let (x, y) = (products.side(side, of: x), products.side(side, of: y))
      for (index, row) in rows.enumerated() {
        y.rows(index..<index + 1).copyElements(from: x.rows(row..<row + 1))
      }
    }
    return y
  }

  private func matrix(rows: Int, columns: Int) -> Matrix {
    Matrix(rows: products.sideCount * rows, columns: columns)
  }
}
