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
  private let partialSums: Matrix

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
    let tiles = layers.flatMap { layer in
      tileRanges(of: layer.layer.weight).map { (layer: layer, rows: $0) }
    }
    for layer in layers { biasGradient(layer) }
    return sharded(tiles.count, rows: layers[0].x.rowCount, columns: layers[0].x.columnCount) {
      let (layer, rows) = tiles[$0.tile]
      let dy = layer.dy.columns(rows)
      run($0, of: layer.layer.weight, rows: rows, phase: .products, x: layer.x) { _ in dy }
    }
  }

  private func biasGradient(_ applied: Applied) {
    guard let bias = applied.layer.bias, gradients.wants(bias) else { return }
    let sum = Matrix(rows: 1, columns: applied.dy.columnCount)
    for row in 0..<applied.dy.rowCount { sum.addToEachRow(applied.dy.rows(row..<row + 1)) }
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
    return [
      elements([c.querySize, c.keyValueSize, c.keyValueSize], c.hiddenSize, rows),
      elements([c.hiddenSize], c.querySize, rows),
      elements([c.feedForwardSize, c.feedForwardSize], c.hiddenSize, rows),
      elements([c.hiddenSize], c.feedForwardSize, rows),
      elements([c.vocabularySize], c.hiddenSize, labels),
    ].max() ?? 0
  }
}

extension BackwardWeights {
  /// Adds the gradient of RMSNorm by the weight `tensor` to `dx`, and gives that of the weight to the
  /// sink.
  ///
  /// - Parameters:
  ///   - x: What was normalised, shape `(n, columns)`.
  ///   - dy: The gradient of the result, shaped as `x`.
  ///   - dx: Shaped as `x`.
  func addNormGradient(_ x: Matrix, _ tensor: Int, epsilon: Float, dy: Matrix, to dx: Matrix) {
    let weight = Matrix(rows: 1, columns: x.columnCount)
    weights.load(0..<1, of: tensor, into: weight)
    let size = 32
    let parts = Matrix(rows: (x.rowCount + size - 1) / size, columns: x.columnCount)
    context.forEachRange(of: x.rowCount, by: size) { rows in
      let part = rows.lowerBound / size
      context.operations.addRMSNormGradient(
        x.rows(rows), weight: weight, epsilon: epsilon, dy: dy.rows(rows), dx: dx.rows(rows),
        dWeight: parts.rows(part..<part + 1))
    }
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

extension Matrix {
  /// Returns a new matrix of the negated elements.
  func negated() -> Matrix {
    Matrix(row: elements.map(-)).reshaped(rows: rowCount, columns: columnCount)
  }

  /// Adds the elements of `other`, which has the same shape, each rounded once.
  func add(_ other: Matrix) {
    precondition(rowCount == other.rowCount && columnCount == other.columnCount)
    // SAFETY: row `r` of a view begins r * rowStride elements after its first, and has `columnCount`.
    unsafe withUnsafeMutablePointer { target in
      unsafe other.withUnsafeMutablePointer { source in
        for row in 0..<rowCount {
          let (y, x) = unsafe (target + row * rowStride, source + row * other.rowStride)
          for column in 0..<columnCount { unsafe y[column] += x[column] }
        }
      }
    }
  }

  /// Sets all elements to zero.
  func clear() {
    // SAFETY: as above.
    unsafe withUnsafeMutablePointer { base in
      for row in 0..<rowCount {
        unsafe (base + row * rowStride).update(repeating: 0, count: columnCount)
      }
    }
  }
}
