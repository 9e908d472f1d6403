internal import Kernels
internal import Tensors

/// What a pass does with weights. Tiles depend on shapes only and each product runs on one thread, so a
/// result has the same bits for every number of threads.
extension PassWeights {
  /// Returns the row of `tensor` of each index, one for each row of the pass, shape `(rows, columns)`.
  ///
  /// - Parameter indices: Of two sides, the same indices twice.
  func embedding(of indices: [Int32], in tensor: Int) -> Matrix {
    let columns = parameters[tensor].columnCount
    let count = indices.count / sideCount
    let x = Matrix(rows: indices.count, columns: columns)
    // The rows of one index on all sides lie one below the other in a matrix of long rows.
    let sides = x.reshaped(rows: sideCount, columns: count * columns)
    context.threads.forEach(count) { row in
      let index = Int(indices[row])
      load(
        index..<index + 1, of: tensor,
        into: sides.columns(row * columns..<(row + 1) * columns))
    }
    return x
  }

  /// Writes the norm of the rows of `x` to `y`.
  ///
  /// - Parameters:
  ///   - x: Shape `(rows, n)`.
  ///   - kind: What norms of the model compute.
  ///   - y: Shaped as `x`, and may be it.
  func normalise(
    _ x: Matrix, _ norm: Norm, _ kind: ModelConfiguration.Norm, epsilon: Float, into y: Matrix
  ) {
    let weights = vector(norm.weight)
    if kind == .rmsPlusOne { weights.addConstant(1) }
    let biases = kind == .layer ? norm.bias.map(vector) : nil
    for side in 0..<sideCount {
      let (x, y) = (rows(of: side, in: x), rows(of: side, in: y))
      let weight = weights.rows(side..<side + 1)
      let bias = biases?.rows(side..<side + 1)
      context.forEachRange(of: x.rowCount, by: 32) { rows in
        let (x, y) = (x.rows(rows), y.rows(rows))
        guard let bias else {
          return context.operations.rmsNorm(x, weight: weight, epsilon: epsilon, into: y)
        }
        context.operations.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon, into: y)
      }
    }
  }

  /// Writes `x · Wᵀ + b` to `y` for several linear layers, or adds it.
  ///
  /// - Parameter products: Each `x`, shape `(rows, inputs)`, the layer, and `y`, shape
  ///   `(rows, outputs)`.
  func apply(_ products: [(x: Matrix, layer: Linear, y: Matrix)], adding: Bool = false) {
    for (x, layer, y) in products where layer.isTransposed {
      applyTransposed(x, layer, into: y, adding: adding)
    }
    let tiles = products.flatMap { x, layer, y in
      let biases = layer.isTransposed ? nil : layer.bias.map(vector)
      return self.tiles(of: layer).map { tile in
        (
          x: x, tensor: layer.weight, rows: tile.rows, bias: biases?.columns(tile.rows),
          y: y.columns(tile.columns)
        )
      }
    }
    context.threads.forEach(tiles.count) { index in
      let (x, tensor, rows, bias, y) = tiles[index]
      withTile(rows, of: tensor) { multiply(x, $0, into: y, adding: adding) }
      if let bias { add(bias, to: y) }
    }
  }

  /// Returns the tiles of a layer that is not transposed; of another none.
  private func tiles(of layer: Linear) -> [Linear.Tile] {
    guard !layer.isTransposed else { return [] }
    let parameter = parameters[layer.weight]
    return layer.tiles(
      of: parameter.rowCount, rowCount: Self.tileRowCount(columns: parameter.columnCount))
  }

  /// Writes `activation(x · gateᵀ + c) · (x · upᵀ + b)`, or without a gate `activation(x · upᵀ + b)`,
  /// to `y`: the first half of a feed-forward block.
  ///
  /// Both halves of a tile stay in the cache until they are combined.
  ///
  /// - Parameter kept: Receives the products, if it is there.
  func applyFeedForward(
    _ x: Matrix, gate: Linear?, up: Linear, _ activation: Activation, into y: Matrix,
    keeping kept: (gate: Matrix, up: Matrix)?
  ) {
    guard let gate else { return applyPlain(x, up, activation, into: y, keeping: kept?.up) }
    let tiles = Array(zip(self.tiles(of: gate), self.tiles(of: up)))
    let biases = (gate: gate.bias.map(vector), up: up.bias.map(vector))
    context.threads.forEach(tiles.count) { index in
      let (gateTile, upTile) = tiles[index]
      let y = y.columns(gateTile.columns)
      let gated = kept?.gate.columns(gateTile.columns) ?? y
      withTile(gateTile.rows, of: gate.weight) { multiply(x, $0, into: gated) }
      if let bias = biases.gate { add(bias.columns(gateTile.rows), to: gated) }
      let combine = { (raised: Matrix) in
        withTile(upTile.rows, of: up.weight) { multiply(x, $0, into: raised) }
        if let bias = biases.up { add(bias.columns(upTile.rows), to: raised) }
        context.operations.gate(activation, gate: gated, up: raised, into: y)
      }
      if let kept { return combine(kept.up.columns(upTile.columns)) }
      context.scratch.with(elements: y.rowCount * y.columnCount) { scratch in
        combine(scratch.reshaped(rows: y.rowCount, columns: y.columnCount))
      }
    }
  }

  private func applyPlain(
    _ x: Matrix, _ up: Linear, _ activation: Activation, into y: Matrix, keeping kept: Matrix?
  ) {
    let raised = kept ?? y
    apply([(x, up, raised)])
    context.forEachRange(of: y.rowCount, by: 16) { rows in
      context.operations.activate(activation, raised.rows(rows), into: y.rows(rows))
    }
  }

  /// Multiplies the rows of each side of `x` by its side of `tile`.
  func multiply(_ x: Matrix, _ tile: Matrix, into y: Matrix, adding: Bool = false) {
    context.clock.measure(phase) {
      for side in 0..<sideCount {
        OpenBLAS.multiply(
          rows(of: side, in: x), transposed: rows(of: side, in: tile), into: rows(of: side, in: y),
          adding: adding)
      }
    }
  }

  /// Returns a rank-1 tensor, shape `(sides, columns)`.
  func vector(_ tensor: Int) -> Matrix {
    let vector = Matrix(rows: sideCount, columns: parameters[tensor].columnCount)
    load(0..<1, of: tensor, into: vector)
    return vector
  }

  /// Adds to each row of `y` that of its side of `bias`.
  func add(_ bias: Matrix, to y: Matrix) {
    for side in 0..<sideCount { rows(of: side, in: y).addToEachRow(bias.rows(side..<side + 1)) }
  }
}
