internal import CKernels
public import Tensors

/// The backward pass: from the derivatives of a loss with respect to an operation's results, `dy`, to
/// those with respect to its arguments.
///
/// The gradient of a rotation is the rotation by the opposite angle:
/// ``OperationKernels/rotate(_:headSize:cosine:sine:)`` with the sine negated.
extension OperationKernels {
  /// Adds the gradient of ``rmsNorm(_:weight:epsilon:into:)`` to `dx` and `dWeight`, row by row.
  ///
  /// With `r = 1 / sqrt(mean(x²) + epsilon)` for a row,
  ///
  ///     dx      += r · (weight · dy − x · r² · mean(weight · dy · x))
  ///     dWeight += dy · x · r
  ///
  /// It adds to `dx`, because a norm's argument is the residual stream, which has another gradient.
  ///
  /// - Parameters:
  ///   - x: What was normalised, shape `(rows, n)`.
  ///   - weight: Shape `(1, n)`.
  ///   - epsilon: As in the forward pass.
  ///   - dy: Shape `(rows, n)`.
  ///   - dx: Shape `(rows, n)`; overlaps none of the others.
  ///   - dWeight: Shape `(1, n)`; overlaps none of the others.
  public func addRMSNormGradient(
    _ x: Matrix, weight: Matrix, epsilon: Float, dy: Matrix, dx: Matrix, dWeight: Matrix
  ) {
    precondition(sameShape(x, dy) && sameShape(x, dx) && sameShape(weight, dWeight))
    precondition(weight.rowCount == 1 && weight.columnCount == x.columnCount)
    // SAFETY: the shapes, checked above, bound every row; views keep their memory alive.
    unsafe weight.withUnsafeMutablePointer { weight in
      unsafe dWeight.withUnsafeMutablePointer { dWeight in
        for row in 0..<x.rowCount {
          let row = row..<row + 1
          unsafe x.rows(row).withUnsafeMutablePointer { x0 in
            unsafe forEachRow(dx.rows(row), dy.rows(row)) { dx, dy in
              unsafe table.operations.rms_norm_gradient(
                dx, dWeight, x0, weight, dy, epsilon, x.columnCount)
            }
          }
        }
      }
    }
  }

  /// Adds the gradient of ``layerNorm(_:weight:bias:epsilon:into:)`` to `dx`, `dWeight` and `dBias`.
  ///
  /// With `u` the normalised rows and `r = 1 / sqrt(variance(x) + epsilon)`,
  ///
  ///     dx      += r · (weight · dy − mean(weight · dy) − u · mean(weight · dy · u))
  ///     dWeight += Σ over rows of dy · u
  ///     dBias   += Σ over rows of dy
  ///
  /// - Parameters:
  ///   - x: Shape `(rows, n)`.
  ///   - weight: Shape `(1, n)`.
  ///   - epsilon: As in the forward pass.
  ///   - dy: Shape `(rows, n)`.
  ///   - dx: Shape `(rows, n)`; overlaps none of the others.
  ///   - dWeight, dBias: Shape `(1, n)`; overlap none of the others.
  public func addLayerNormGradient(
    _ x: Matrix, weight: Matrix, epsilon: Float, dy: Matrix, dx: Matrix, dWeight: Matrix,
    dBias: Matrix
  ) {
    precondition(sameShape(x, dy) && sameShape(x, dx))
    precondition(sameShape(weight, dWeight) && sameShape(weight, dBias))
    precondition(weight.rowCount == 1 && weight.columnCount == x.columnCount)
    // SAFETY: the shapes, checked above, bound every row; views keep their memory alive.
    unsafe weight.withUnsafeMutablePointer { weight in
      unsafe forEachRow(dWeight, dBias) { dWeight, dBias in
        for row in 0..<x.rowCount {
          let row = row..<row + 1
          unsafe x.rows(row).withUnsafeMutablePointer { x0 in
            unsafe forEachRow(dx.rows(row), dy.rows(row)) { dx, dy in
              unsafe table.operations.layer_norm_gradient(
                dx, dWeight, dBias, x0, weight, dy, epsilon, x.columnCount)
            }
          }
        }
      }
    }
  }

  /// Writes the gradient `dy · activation′(x)` of ``activate(_:_:into:)`` to `dx`.
  ///
  /// All have the same shape; `dx` may be `x`.
  public func activateGradient(_ activation: Activation, _ x: Matrix, dy: Matrix, dx: Matrix) {
    precondition(sameShape(x, dy) && sameShape(x, dx))
    for row in 0..<x.rowCount {
      let row = row..<row + 1
      // SAFETY: the three rows have as many elements, checked above; views keep their memory alive.
      unsafe dy.rows(row).withUnsafeMutablePointer { dy in
        unsafe forEachRow(dx.rows(row), x.rows(row)) { dx, x0 in
          unsafe table.operations.activate_gradient(
            activation.kernel, dx, x0, dy, x.columnCount)
        }
      }
    }
  }

  /// Writes the gradient of ``gate(_:gate:up:into:)`` to `dGate` and `dUp`.
  ///
  ///     dGate = dy · up · activation′(gate)
  ///     dUp   = dy · activation(gate)
  ///
  /// All have the same shape; `dGate` may be `gate`, and `dUp` may be `up`.
  public func gateGradient(
    _ activation: Activation, gate: Matrix, up: Matrix, dy: Matrix, dGate: Matrix, dUp: Matrix
  ) {
    precondition([up, dy, dGate, dUp].allSatisfy { sameShape(gate, $0) })
    for row in 0..<gate.rowCount {
      let row = row..<row + 1
      // SAFETY: the five rows have as many elements, checked above; views keep their memory alive.
      unsafe dy.rows(row).withUnsafeMutablePointer { dy in
        unsafe forEachRow(gate.rows(row), up.rows(row)) { gate0, up in
          unsafe forEachRow(dGate.rows(row), dUp.rows(row)) { dGate, dUp in
            unsafe table.operations.gate_gradient(
              activation.kernel, dGate, dUp, gate0, up, dy, gate.columnCount)
          }
        }
      }
    }
  }

  /// Replaces `dy` by the gradient of ``softmax(_:scale:visible:)`` with respect to its argument.
  ///
  /// The elements that a row sees become `scale · y · (dy − Σ y · dy)`, the others 0.
  ///
  /// - Parameters:
  ///   - dy: Shape `(rows, n)`.
  ///   - y: The results of the softmax, shape `(rows, n)`.
  ///   - scale: As in the forward pass.
  ///   - visible: The columns that took part in each row.
  public func softmaxGradient(
    _ dy: Matrix, of y: Matrix, scale: Float, visible: (Int) -> Range<Int>
  ) {
    precondition(sameShape(dy, y))
    for row in 0..<y.rowCount {
      let columns = visible(row)
      precondition(
        columns.lowerBound >= 0 && columns.upperBound <= y.columnCount,
        "columns \(columns) of \(y.columnCount)")
      // SAFETY: the columns lie in both rows, checked above.
      unsafe forEachRow(dy.rows(row..<row + 1), y.rows(row..<row + 1)) { dy, y0 in
        let first = columns.lowerBound
        unsafe table.operations.softmax_gradient(dy + first, y0 + first, scale, columns.count)
        for index in 0..<first { unsafe dy[index] = 0 }
        for index in columns.upperBound..<y.columnCount { unsafe dy[index] = 0 }
      }
    }
  }

  /// Replaces `dy` by the gradient of a soft cap with respect to its argument.
  ///
  /// - Parameters:
  ///   - dy: Shape `(rows, n)`.
  ///   - y: The results of the cap, shape `(rows, n)`.
  ///   - scale, cap: As in the forward pass.
  public func softCapGradient(_ dy: Matrix, of y: Matrix, scale: Float, cap: Float) {
    precondition(sameShape(dy, y))
    // SAFETY: both rows have `columnCount` elements, checked above.
    unsafe forEachRow(dy, y) { dy, y0 in
      unsafe table.operations.soft_cap_gradient(dy, y0, scale, cap, y.columnCount)
    }
  }

  /// Replaces logits, of all the vocabulary or a tile of it, by the gradient of weighted cross-entropies.
  ///
  /// The loss of a row is `weight · (log Σ exp(logits) − logits[target])`, so its gradient is
  /// `weight · (softmax(logits) − onehot(target))`.
  ///
  /// - Parameters:
  ///   - logits: Shape `(rows, n)`.
  ///   - logSumExps: The logarithm of the sum of exponentials of each row's logits, over all tiles.
  ///   - weights: The weight of each row's loss.
  ///   - target: Returns the column of a row's target, or `nil` if it lies in another tile.
  public func crossEntropyGradient(
    _ logits: Matrix, logSumExps: [Float], weights: [Float], target: (Int) -> Int?
  ) {
    precondition(logSumExps.count == logits.rowCount && weights.count == logits.rowCount)
    for row in 0..<logits.rowCount {
      // SAFETY: the row has `columnCount` elements.
      unsafe logits.rows(row..<row + 1).withUnsafeMutablePointer {
        unsafe table.operations.scaled_exp($0, logSumExps[row], weights[row], logits.columnCount)
      }
      if let target = target(row) { logits[row, target] -= weights[row] }
    }
  }
}
