internal import Kernels
internal import Tensors

/// A linear layer `x · Wᵀ + b`, by the places of its tensors.
struct Linear: Sendable {
  /// The place of W, shape `(outputs, inputs)`.
  let weight: Int

  /// The place of b, shape `(outputs)`; `nil` if there is none.
  let bias: Int?

  /// The places of all tensors.
  var tensors: [Int] { [weight] + (bias.map { [$0] } ?? []) }
}

/// What a pass does with weights. Tiles depend on shapes only and each product runs on one thread, so a
/// result has the same bits for every number of threads.
extension PassWeights {
  /// Returns the embedding of each token, one for each row of the pass, shape `(rows, columns)`.
  ///
  /// - Parameter tokens: Of two sides, the same tokens twice.
  func embedding(of tokens: [Int32], in tensor: Int) -> Matrix {
    let columns = parameters[tensor].columnCount
    let count = tokens.count / sideCount
    let x = Matrix(rows: tokens.count, columns: columns)
    // The rows of one token on all sides lie one below the other in a matrix of long rows.
    let sides = x.reshaped(rows: sideCount, columns: count * columns)
    context.threads.forEach(count) { row in
      let token = Int(tokens[row])
      load(
        token..<token + 1, of: tensor,
        into: sides.columns(row * columns..<(row + 1) * columns))
    }
    return x
  }

  /// Returns RMSNorm of `x` by the weight `tensor`: a new matrix of the same shape.
  func rmsNorm(_ x: Matrix, _ tensor: Int, epsilon: Float) -> Matrix {
    let y = Matrix(rows: x.rowCount, columns: x.columnCount)
    rmsNorm(x, tensor, epsilon: epsilon, into: y)
    return y
  }

  /// Writes RMSNorm of `x` by the weight `tensor` to `y`.
  func rmsNorm(_ x: Matrix, _ tensor: Int, epsilon: Float, into y: Matrix) {
    withTile(0..<1, of: tensor) { weight in
      for side in 0..<sideCount {
        let (x, y) = (rows(of: side, in: x), rows(of: side, in: y))
        let weight = rows(of: side, in: weight)
        context.forEachRange(of: x.rowCount, by: 32) { rows in
          context.operations.rmsNorm(
            x.rows(rows), weight: weight, epsilon: epsilon, into: y.rows(rows))
        }
      }
    }
  }

  /// Writes `x · Wᵀ + b` to `y` for several linear layers, or adds it.
  ///
  /// - Parameter products: Each `x`, shape `(rows, inputs)`, the layer, and `y`, shape
  ///   `(rows, outputs)`.
  func apply(_ products: [(x: Matrix, layer: Linear, y: Matrix)], adding: Bool = false) {
    let tiles = products.flatMap { x, layer, y in
      let bias = layer.bias.map(vector)
      return tileRanges(of: layer.weight).map { rows in
        (x: x, tensor: layer.weight, rows: rows, bias: bias?.columns(rows), y: y.columns(rows))
      }
    }
    context.threads.forEach(tiles.count) { index in
      let (x, tensor, rows, bias, y) = tiles[index]
      withTile(rows, of: tensor) { multiply(x, $0, into: y, adding: adding) }
      if let bias { add(bias, to: y) }
    }
  }

  /// Writes `silu(x · gateᵀ) · (x · upᵀ)` to `y`: the first half of a gated feed-forward block.
  ///
  /// Both halves of a tile stay in the cache until they are combined.
  ///
  /// - Parameter kept: Receives the two products, if it is there.
  func applyGated(
    _ x: Matrix, gate: Linear, up: Linear, into y: Matrix, keeping kept: (gate: Matrix, up: Matrix)?
  ) {
    let tiles = tileRanges(of: gate.weight)
    context.threads.forEach(tiles.count) { index in
      let (rows, y) = (tiles[index], y.columns(tiles[index]))
      let gated = kept?.gate.columns(rows) ?? y
      withTile(rows, of: gate.weight) { multiply(x, $0, into: gated) }
      let combine = { (raised: Matrix) in
        withTile(rows, of: up.weight) { multiply(x, $0, into: raised) }
        context.operations.swiGLU(gate: gated, up: raised, into: y)
      }
      if let kept { return combine(kept.up.columns(rows)) }
      context.scratch.with(elements: y.rowCount * y.columnCount) { scratch in
        combine(scratch.reshaped(rows: y.rowCount, columns: y.columnCount))
      }
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
  private func vector(_ tensor: Int) -> Matrix {
    let vector = Matrix(rows: sideCount, columns: parameters[tensor].columnCount)
    load(0..<1, of: tensor, into: vector)
    return vector
  }

  /// Adds to each row of `y` that of its side of `bias`.
  private func add(_ bias: Matrix, to y: Matrix) {
    for side in 0..<sideCount { rows(of: side, in: y).addToEachRow(bias.rows(side..<side + 1)) }
  }
}

extension Matrix {
  /// Adds the elements of `row`, shape `(1, columnCount)`, to each row.
  func addToEachRow(_ row: Matrix) {
    precondition(row.rowCount == 1 && row.columnCount == columnCount)
    // SAFETY: each row of both has `columnCount` elements; views keep their memory alive.
    unsafe withUnsafeMutablePointer { target in
      unsafe row.withUnsafeMutablePointer { source in
        for start in stride(from: 0, to: rowCount * rowStride, by: rowStride) {
          for column in 0..<columnCount { unsafe target[start + column] += source[column] }
        }
      }
    }
  }
}
