internal import Kernels
internal import Tensors
internal import Weights

/// Products with weights that exist one tile at a time.
///
/// This is the inner loop of the product. A tile of weight rows is loaded once for both sides of a
/// two-sided pass (w + εz and w − εz), and each side multiplies its own activations by its own tile
/// while both are in the cache. Activations of all sides are stacked: rows `0..<n` belong to the plus
/// side, rows `n..<2n` to the minus side.
///
/// Tiles depend on shapes only and each product runs on one thread, so a result has the same bits for
/// every number of threads.
struct TiledProducts: Sendable {
  let weights: any WeightSource
  let runtime: Runtime

  /// What the products count as: the head's are its own.
  var phase = PhaseClock.Phase.products

  /// The number of sides of every tile and of all activations: 1 or 2.
  var sideCount: Int { weights.sideCount }

  /// Writes `x · Wᵀ` to `y` for several weights W, or adds it.
  ///
  /// - Parameter products: Each `x`, shape `(sides · n, columns of W)`, the index of W, and `y`, shape
  ///   `(sides · n, rows of W)`.
  func multiply(_ products: [(x: Matrix, tensor: Int, y: Matrix)], adding: Bool = false) {
    let tiles = products.flatMap { x, tensor, y in
      tileRanges(of: tensor).map { (x: x, tensor: tensor, rows: $0, y: y.columns($0)) }
    }
    runtime.threads.forEach(tiles.count) { index in
      let (x, tensor, rows, y) = tiles[index]
      withTile(rows, of: tensor) { multiply(x, $0, into: y, adding: adding) }
    }
  }

  /// Writes `silu(x · gateᵀ) · (x · upᵀ)` to `y`: the first half of a feed-forward block.
  ///
  /// Both halves of a tile stay in the cache until they are combined.
  func multiplyGated(_ x: Matrix, gate: Int, up: Int, into y: Matrix) {
    let tiles = tileRanges(of: gate)
    runtime.threads.forEach(tiles.count) { index in
      let y = y.columns(tiles[index])
      withTile(tiles[index], of: gate) { multiply(x, $0, into: y) }
      runtime.scratch.with(elements: y.rowCount * y.columnCount) { scratch in
        let raised = scratch.reshaped(rows: y.rowCount, columns: y.columnCount)
        withTile(tiles[index], of: up) { multiply(x, $0, into: raised) }
        runtime.operations.swiGLU(gate: y, up: raised, into: y)
      }
    }
  }

  /// Multiplies each side of `x` by its side of `tile`.
  func multiply(_ x: Matrix, _ tile: Tile, into y: Matrix, adding: Bool = false) {
    runtime.clock.measure(phase) {
      for side in 0..<sideCount {
        let weights = side == 0 ? tile.plus : tile.minus
        OpenBLAS.multiply(
          self.side(side, of: x), transposed: weights, into: self.side(side, of: y),
          adding: adding)
      }
    }
  }

  /// Returns the rows of `x` that belong to `side`.
  func side(_ side: Int, of x: Matrix) -> Matrix {
    let count = x.rowCount / sideCount
    return x.rows(side * count..<(side + 1) * count)
  }

  /// Calls `body` with the weight rows `rows` of `tensor`, in scratch.
  func withTile<R>(_ rows: Range<Int>, of tensor: Int, _ body: (Tile) -> R) -> R {
    let columns = weights.parameters[tensor].columnCount
    return runtime.scratch.with(elements: sideCount * rows.count * columns) { scratch in
      let both = scratch.reshaped(rows: sideCount * rows.count, columns: columns)
      let tile = Tile(plus: side(0, of: both), minus: side(sideCount - 1, of: both))
      runtime.clock.measure(.dequantise) { weights.load(rows, of: tensor, into: tile) }
      return body(tile)
    }
  }

  /// Returns the tiles of `tensor`: ranges of rows that depend on its shape only.
  ///
  /// Ninety-six rows keep OpenBLAS within 4 % of its speed on whole matrices (it packs `x` anew for
  /// each tile) and divide the layers of common models evenly among few threads. Long rows get fewer,
  /// so that the tiles of both sides take at most 1.5 MiB.
  func tileRanges(of tensor: Int) -> [Range<Int>] {
    let parameter = weights.parameters[tensor]
    let size = Self.tileRowCount(columns: parameter.columnCount)
    return stride(from: 0, to: parameter.rowCount, by: size).map {
      $0..<min($0 + size, parameter.rowCount)
    }
  }

  /// The number of rows of a tile of a tensor with rows of `columns` elements, but for the last tile.
  static func tileRowCount(columns: Int) -> Int { min(max((3 << 16) / columns / 16 * 16, 16), 96) }
}
