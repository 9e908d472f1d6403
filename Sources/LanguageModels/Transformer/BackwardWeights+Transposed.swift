internal import Kernels
internal import Tensors

/// The gradients of linear layers whose rows are inputs, see ``PassWeights/applyTransposed(_:_:into:adding:)``.
extension BackwardWeights {
  /// As ``linearGradient(_:)``: a tile of rows gives the gradient of its inputs, `dX = dY · Wᵀ`, and its
  /// own, `dW = Xᵀ · dY`.
  func transposedGradient(_ layers: [Applied]) -> Matrix {
    let (rows, columns) = (layers[0].x.rowCount, layers[0].x.columnCount)
    let dx = partialSums.columns(0..<rows * columns).reshaped(rows: rows, columns: columns)
    for (index, layer) in layers.enumerated() {
      let tiles = tileRanges(of: layer.layer.weight)
      let slices = layer.layer.slices(of: weights.parameters[layer.layer.weight].columnCount)
      context.threads.forEach(min(GradientShards.count, tiles.count)) { shard in
        for tile in stride(from: shard, to: tiles.count, by: GradientShards.count) {
          run(layer, slices, tiles[tile], shard, into: dx, isAdding: index > 0)
        }
      }
    }
    return dx
  }

  private func run(
    _ applied: Applied, _ slices: [Linear.Tile], _ rows: Range<Int>, _ shard: Int,
    into dx: Matrix, isAdding: Bool
  ) {
    let tensor = applied.layer.weight
    let columns = weights.parameters[tensor].columnCount
    context.scratch.with(elements: rows.count * columns) { scratch in
      let tile = scratch.reshaped(rows: rows.count, columns: columns)
      weights.load(rows, of: tensor, into: tile)
      for (index, slice) in slices.enumerated() {
        multiply(
          applied.dy.columns(slice.columns), transposed: tile.columns(slice.rows),
          into: dx.columns(rows), adding: isAdding || index > 0)
      }
      guard gradients.wants(tensor) else { return }
      // The tile of weights is no longer needed: its place takes their gradient.
      tile.clear()
      for slice in slices {
        context.clock.measure(.products) {
          OpenBLAS.multiply(
            transposed: applied.x.columns(rows), applied.dy.columns(slice.columns),
            into: tile.columns(slice.rows))
        }
      }
      gradients.add(tile, toRows: rows, of: tensor, shard: shard)
    }
  }

  private func multiply(_ x: Matrix, transposed w: Matrix, into y: Matrix, adding: Bool) {
    context.clock.measure(.products) {
      OpenBLAS.multiply(x, transposed: w, into: y, adding: adding)
    }
  }
}
