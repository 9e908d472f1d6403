internal import Kernels
internal import Tensors

/// Linear layers whose rows are inputs, shape `(inputs, outputs)`: GPT-2's.
///
/// A tile of rows has some inputs of all outputs, so it gives a part of every element of the result.
/// Tiles are divided among a fixed number of sums, which are added in their order.
extension PassWeights {
  /// Writes `x · W + b` to `y`, or adds it.
  func applyTransposed(_ x: Matrix, _ layer: Linear, into y: Matrix, adding: Bool) {
    let slices = layer.slices(of: parameters[layer.weight].columnCount)
    let tiles = tileRanges(of: layer.weight)
    let sums = BackwardWeights.shardCount(tiles: tiles.count, elements: y.rowCount * y.columnCount)
    let parts = (0..<sums).map { _ in Matrix(rows: y.rowCount, columns: y.columnCount) }
    context.threads.forEach(sums) { sum in
      for index in stride(from: sum, to: tiles.count, by: sums) {
        withTile(tiles[index], of: layer.weight) { tile in
          for slice in slices {
            multiply(
              x.columns(tiles[index]), plain: tile.columns(slice.rows),
              into: parts[sum].columns(slice.columns))
          }
        }
      }
    }
    let bias = layer.bias.map(vector)
    context.forEachRange(of: y.rowCount, by: 16) { rows in
      if !adding { y.rows(rows).clear() }
      for part in parts { y.rows(rows).add(part.rows(rows)) }
    }
    guard let bias else { return }
    for slice in slices { add(bias.columns(slice.rows), to: y.columns(slice.columns)) }
  }

  /// Adds the products of the rows of each side of `x` and its side of `tile`.
  private func multiply(_ x: Matrix, plain tile: Matrix, into y: Matrix) {
    context.clock.measure(phase) {
      for side in 0..<sideCount {
        OpenBLAS.multiply(
          rows(of: side, in: x), rows(of: side, in: tile), into: rows(of: side, in: y),
          adding: true)
      }
    }
  }
}
