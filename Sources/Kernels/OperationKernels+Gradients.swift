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

  /// Writes the gradient of ``swiGLU(gate:up:into:)`` to `dGate` and `dUp`.
  ///
  /// With `s = 1 / (1 + exp(−gate))`,
  ///
  ///     dGate = dy · up · s · (1 + gate · (1 − s))
  ///     dUp   = dy · gate · s
  ///
  /// All have the same shape; `dGate` may be `gate`, and `dUp` may be `up`.
  public func swiGLUGradient(gate: Matrix, up: Matrix, dy: Matrix, dGate: Matrix, dUp: Matrix) {
    precondition([up, dy, dGate, dUp].allSatisfy { sameShape(gate, $0) })
    for row in 0..<gate.rowCount {
      let row = row..<row + 1
      // SAFETY: the five rows have as many elements, checked above; views keep their memory alive.
      unsafe dy.rows(row).withUnsafeMutablePointer { dy in
        unsafe forEachRow(gate.rows(row), up.rows(row)) { gate0, up in
          unsafe forEachRow(dGate.rows(row), dUp.rows(row)) { dGate, dUp in
            unsafe table.operations.swiglu_gradient(dGate, dUp, gate0, up, dy, gate.columnCount)
          }
        }
      }
    }
  }

  /// Replaces `dy` by the gradient of ``softmax(_:scale:counts:)`` with respect to its argument.
  ///
  /// The first `counts(row)` elements of a row become `scale · y · (dy − Σ y · dy)`, the rest 0.
  ///
  /// - Parameters:
  ///   - dy: Shape `(rows, n)`.
  ///   - y: The results of the softmax, shape `(rows, n)`.
  ///   - scale: As in the forward pass.
  ///   - counts: How many elements of each row took part.
  public func softmaxGradient(_ dy: Matrix, of y: Matrix, scale: Float, counts: (Int) -> Int) {
    precondition(sameShape(dy, y))
    for row in 0..<y.rowCount {
      let count = counts(row)
      precondition((0...y.columnCount).contains(count), "softmax: \(count) of \(y.columnCount)")
      // SAFETY: `count` elements lie in both rows, checked above.
      unsafe forEachRow(dy.rows(row..<row + 1), y.rows(row..<row + 1)) { dy, y0 in
        unsafe table.operations.softmax_gradient(dy, y0, scale, count)
        for index in count..<y.columnCount { unsafe dy[index] = 0 }
      }
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
