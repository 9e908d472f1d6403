internal import Kernels
internal import Tensors

/// What a backward pass does with weights: the gradients of linear layers, norms and embeddings.
///
/// For `y = x · Wᵀ` and the gradient `dY`, a tile of rows of W gives its part of `dX = dY · W` and all of
/// its own `dW = dYᵀ · X`, which goes to the sink and is forgotten. Tiles depend on shapes only; each
/// belongs to a shard, which adds up its part of `dX` in the order of its tiles, and shards are added in
/// their order. So the bits do not depend on threads.
struct BackwardWeights: Sendable {
  /// A linear layer `y = x · Wᵀ + b`, what went in and the gradient of what came out.
  struct Applied: Sendable {
    /// Shape `(n, inputs)`.
    let x: Matrix
    let layer: Linear
    /// Shape `(n, outputs)`.
    let dy: Matrix
  }

  let weights: any WeightSource
  let gradients: any GradientSink
  let context: ComputeContext
  /// One row for the partial sums of one operation at a time.
  let partialSums: Matrix

  /// Creates what a backward pass needs of `weights`.
  ///
  /// - Parameter sumElements: The elements of the partial sums of the largest operation, as
  ///   ``sumElements(_:rows:labels:)`` counts them.
  init(
    weights: any WeightSource, gradients: any GradientSink, context: ComputeContext,
    sumElements: Int
  ) {
    self.weights = weights
    self.gradients = gradients
    self.context = context
    partialSums = Matrix(rows: 1, columns: sumElements)
  }

  /// Gives the gradients of the weights of several linear layers with as many inputs to the sink, and
  /// returns the gradient of their common argument, `Σ dY · W`, shape `(n, inputs)`: valid until the next
  /// gradient of linear layers.
  ///
  /// - Parameter layers: At least one.
  /// - Complexity: Two products for each weight, which is loaded once.
  func linearGradient(_ layers: [Applied]) -> Matrix {
    for layer in layers { biasGradient(layer) }
    if layers[0].layer.isTransposed { return transposedGradient(layers) }
    let tiles = layers.flatMap { layer in
      self.tiles(of: layer.layer).map { (layer: layer, tile: $0) }
    }
    return sharded(tiles.count, rows: layers[0].x.rowCount, columns: layers[0].x.columnCount) {
      let (layer, tile) = tiles[$0.tile]
      let dy = layer.dy.columns(tile.columns)
      run($0, of: layer.layer.weight, rows: tile.rows, phase: .products, x: layer.x) { _ in dy }
    }
  }

  /// Returns the tiles of a layer that is not transposed.
  private func tiles(of layer: Linear) -> [Linear.Tile] {
    let parameter = weights.parameters[layer.weight]
    return layer.tiles(
      of: parameter.rowCount, rowCount: Self.tileRowCount(columns: parameter.columnCount))
  }

  private func biasGradient(_ applied: Applied) {
    guard let bias = applied.layer.bias, gradients.wants(bias) else { return }
    let size = weights.parameters[bias].columnCount
    let sum = Matrix(rows: 1, columns: size)
    for slice in applied.layer.slices(of: size) {
      let (part, dy) = (sum.columns(slice.rows), applied.dy.columns(slice.columns))
      for row in 0..<dy.rowCount { part.addToEachRow(dy.rows(row..<row + 1)) }
    }
    gradients.add(sum, toRows: 0..<1, of: bias, shard: 0)
  }

  /// One tile's turn, with the partial sum of its shard.
  struct Turn {
    /// The number of the tile.
    let tile: Int
    let shard: Int
    /// The partial sum, shape `(n, columns)`.
    let dx: Matrix
    /// Whether it has a value yet.
    let isAdding: Bool
  }

  /// Does a tile's part of the gradient of `x · Wᵀ`.
  ///
  /// - Parameter dy: Returns the gradient of `x · tileᵀ`, given the tile.
  func run(
    _ turn: Turn, of tensor: Int, rows: Range<Int>, phase: PhaseClock.Phase, x: Matrix,
    dy: (Matrix) -> Matrix
  ) {
    context.scratch.with(elements: rows.count * x.columnCount) { scratch in
      let tile = scratch.reshaped(rows: rows.count, columns: x.columnCount)
      weights.load(rows, of: tensor, into: tile)
      let dy = dy(tile)
      context.clock.measure(phase) {
        OpenBLAS.multiply(dy, tile, into: turn.dx, adding: turn.isAdding)
      }
      guard gradients.wants(tensor) else { return }
      // The tile of weights is no longer needed: its place takes their gradient.
      context.clock.measure(phase) { OpenBLAS.multiply(transposed: dy, x, into: tile) }
      gradients.add(tile, toRows: rows, of: tensor, shard: turn.shard)
    }
  }

  /// Gives every tile its turn, shard by shard, and returns the sum of the shards' partial sums, valid
  /// until the next call.
  func sharded(
    _ tileCount: Int, rows: Int, columns: Int, _ body: @Sendable (Turn) -> Void
  ) -> Matrix {
    let size = rows * columns
    let shardCount = Self.shardCount(tiles: tileCount, elements: size)
    let parts = (0..<shardCount).map {
      partialSums.columns($0 * size..<($0 + 1) * size).reshaped(rows: rows, columns: columns)
    }
    context.threads.forEach(shardCount) { shard in
      for tile in stride(from: shard, to: tileCount, by: shardCount) {
        body(Turn(tile: tile, shard: shard, dx: parts[shard], isAdding: tile > shard))
      }
    }
    context.forEachRange(of: rows, by: 16) { rows in
      for part in parts.dropFirst() { parts[0].rows(rows).add(part.rows(rows)) }
    }
    return parts[0]
  }

  /// Returns the tiles of a tensor, which depend on its shape only.
  func tileRanges(of tensor: Int) -> [Range<Int>] {
    let parameter = weights.parameters[tensor]
    let size = Self.tileRowCount(columns: parameter.columnCount)
    return stride(from: 0, to: parameter.rowCount, by: size).map {
      $0..<min($0 + size, parameter.rowCount)
    }
  }

  /// The number of rows of a tile of a tensor with rows of `columns` elements, but for the last tile.
  ///
  /// As in a forward pass, but at least 64: each tile reads and writes all of its shard's part of `dX`.
  /// 32 rows of a multiple of 128 elements are whole blocks of 4096 directions, none of which is then
  /// projected twice.
  static func tileRowCount(columns: Int) -> Int { min(max((3 << 16) / columns / 32 * 32, 64), 96) }
}

// How many partial sums there are, and their size.

extension BackwardWeights {
  /// The number of partial sums of so many elements each: fewer where they take more than 32 MiB.
  static func shardCount(tiles: Int, elements: Int) -> Int {
    min(tiles, max((8 << 20) / max(elements, 1), 2), GradientShards.count)
  }

  /// The elements of the partial sums of the largest operation of a pass.
  ///
  /// - Parameters:
  ///   - rows: The rows of the batch.
  ///   - labels: Those from which a label is predicted.
  static func sumElements(_ c: ModelConfiguration, rows: Int, labels: Int) -> Int {
    func elements(_ outputs: [Int], _ inputs: Int, _ rows: Int) -> Int {
      let size = tileRowCount(columns: inputs)
      let tiles = outputs.reduce(0) { $0 + ($1 + size - 1) / size }
      return shardCount(tiles: tiles, elements: rows * inputs) * rows * inputs
    }
    // A layer whose rows are inputs has one sum, of the gradient of its argument.
    guard !c.architecture.keepsInputsAsRows else {
      return max(
        elements([c.vocabularySize], c.hiddenSize, labels),
        rows * max(c.hiddenSize, c.querySize, c.feedForwardSize))
    }
    let attention =
      c.architecture.groupsAttentionByHead
      ? [Int](repeating: c.headSize, count: 3 * c.headCount)
      : [c.querySize, c.keyValueSize, c.keyValueSize]
    return [
      elements(attention, c.hiddenSize, rows),
      elements([c.hiddenSize], c.querySize, rows),
      elements([c.feedForwardSize, c.feedForwardSize], c.hiddenSize, rows),
      elements([c.hiddenSize], c.feedForwardSize, rows),
      elements([c.vocabularySize], c.hiddenSize, labels),
    ].max() ?? 0
  }
}

extension BackwardWeights {
  /// Adds the gradient of a norm to `dx`, and gives those of its tensors to the sink.
  ///
  /// - Parameters:
  ///   - x: What was normalised, shape `(n, columns)`.
  ///   - kind: What norms of the model compute.
  ///   - dy: The gradient of the result, shaped as `x`.
  ///   - dx: Shaped as `x`.
  func addNormGradient(
    _ x: Matrix, _ norm: Norm, _ kind: ModelConfiguration.Norm, epsilon: Float, dy: Matrix,
    to dx: Matrix
  ) {
    let weight = Matrix(rows: 1, columns: x.columnCount)
    weights.load(0..<1, of: norm.weight, into: weight)
    if kind == .rmsPlusOne { weight.addConstant(1) }
    let size = 32
    let (weightParts, biasParts) = (parts(of: x, by: size), parts(of: x, by: size))
    context.forEachRange(of: x.rowCount, by: size) { rows in
      let part = rows.lowerBound / size..<rows.lowerBound / size + 1
      let (x, dy, dx) = (x.rows(rows), dy.rows(rows), dx.rows(rows))
      guard kind == .layer else {
        return context.operations.addRMSNormGradient(
          x, weight: weight, epsilon: epsilon, dy: dy, dx: dx, dWeight: weightParts.rows(part))
      }
      context.operations.addLayerNormGradient(
        x, weight: weight, epsilon: epsilon, dy: dy, dx: dx, dWeight: weightParts.rows(part),
        dBias: biasParts.rows(part))
    }
    give(weightParts, to: norm.weight)
    if let bias = norm.bias { give(biasParts, to: bias) }
  }

  /// Makes room for the parts of a sum over the rows of `x`, one for each `size` rows.
  private func parts(of x: Matrix, by size: Int) -> Matrix {
    Matrix(rows: (x.rowCount + size - 1) / size, columns: x.columnCount)
  }

  /// Gives the sum of the rows of `parts` to the sink as the gradient of a vector.
  private func give(_ parts: Matrix, to tensor: Int) {
    guard gradients.wants(tensor) else { return }
    let sum = parts.rows(0..<1)
    for part in 1..<max(parts.rowCount, 1) { sum.add(parts.rows(part..<part + 1)) }
    gradients.add(sum, toRows: 0..<1, of: tensor, shard: 0)
  }

  /// Gives the gradient of an embedding to the sink: to each token's row the sum over its places.
  ///
  /// - Parameters:
  ///   - dx: The gradient of the rows of ``PassWeights/embedding(of:in:)``, in the order of `tokens`.
  func embeddingGradient(_ dx: Matrix, of tokens: [Int32], _ tensor: Int) {
    guard gradients.wants(tensor) else { return }
    let places = Dictionary(grouping: tokens.indices, by: { tokens[$0] }).sorted { $0.key < $1.key }
    context.threads.forEach(GradientShards.count) { shard in
      let sum = Matrix(rows: 1, columns: dx.columnCount)
      for index in stride(from: shard, to: places.count, by: GradientShards.count) {
        let (token, rows) = places[index]
        sum.copyElements(from: dx.rows(rows[0]..<rows[0] + 1))
        for row in rows.dropFirst() { sum.add(dx.rows(row..<row + 1)) }
        gradients.add(sum, toRows: Int(token)..<Int(token) + 1, of: tensor, shard: shard)
      }
    }
  }
}
