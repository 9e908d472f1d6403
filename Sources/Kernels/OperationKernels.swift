internal import CKernels
public import Tensors

/// The element-wise and row-wise operations of a transformer, for one instruction set.
///
/// Results are the same on every call with the same arguments, but not the same bits on every
/// instruction set (see `operations.h`).
public struct OperationKernels: Sendable {
  let table: KernelTable

  /// Creates the operations for `instructionSet`.
  ///
  /// - Precondition: `instructionSet.isAvailable`.
  public init(_ instructionSet: InstructionSet = .best) { table = KernelTable(instructionSet) }

  /// Writes `x · weight / sqrt(mean(x²) + epsilon)` to `y`, row by row.
  ///
  /// Source: Zhang and Sennrich 2019 (arXiv:1910.07467), equation 4.
  ///
  /// - Parameters:
  ///   - x: Shape `(rows, n)`.
  ///   - weight: Shape `(1, n)`.
  ///   - epsilon: Added to the mean square.
  ///   - y: Shape `(rows, n)`.
  public func rmsNorm(_ x: Matrix, weight: Matrix, epsilon: Float, into y: Matrix) {
    precondition(sameShape(x, y) && weight.columnCount == x.columnCount && weight.rowCount == 1)
    let count = x.columnCount
    // SAFETY: the shapes, checked above, bound every row; views keep their memory alive.
    unsafe weight.withUnsafeMutablePointer { weight in
      unsafe forEachRow(y, x) { y, x in
        unsafe table.operations.rms_norm(y, x, weight, epsilon, count)
      }
    }
  }

  /// Turns every head of every row of `x` by its rotary angles, in place.
  ///
  /// Element `i` of a head pairs with element `i + headSize / 2`, as in the Hugging Face layout.
  /// Source: Su et al. 2021 (arXiv:2104.09864).
  ///
  /// - Parameters:
  ///   - x: Shape `(rows, heads · headSize)`.
  ///   - headSize: Even.
  ///   - cosine: Shape `(rows, headSize / 2)`.
  ///   - sine: Shape `(rows, headSize / 2)`.
  public func rotate(_ x: Matrix, headSize: Int, cosine: Matrix, sine: Matrix) {
    let half = headSize / 2
    precondition(headSize > 0 && x.columnCount.isMultiple(of: headSize))
    precondition(sameShape(cosine, sine) && cosine.rowCount == x.rowCount)
    precondition(cosine.columnCount == half && headSize == 2 * half)
    let heads = stride(from: 0, to: x.columnCount, by: headSize)
    for row in 0..<x.rowCount {
      let row = row..<row + 1
      // SAFETY: a row holds whole heads, and the angle rows half a head, checked above.
      unsafe sine.rows(row).withUnsafeMutablePointer { sine in
        unsafe forEachRow(x.rows(row), cosine.rows(row)) { x, cosine in
          for head in heads { unsafe table.operations.rotate(x + head, cosine, sine, half) }
        }
      }
    }
  }

  /// Writes `silu(gate) · up` to `y`, element by element.
  ///
  /// All have the same shape; `y` may be `gate`. Source: Shazeer 2020 (arXiv:2002.05202), SwiGLU.
  public func swiGLU(gate: Matrix, up: Matrix, into y: Matrix) {
    precondition(sameShape(gate, up) && sameShape(gate, y))
    let count = y.columnCount
    for row in 0..<y.rowCount {
      let row = row..<row + 1
      // SAFETY: the three rows have `count` elements, checked above.
      unsafe up.rows(row).withUnsafeMutablePointer { up in
        unsafe forEachRow(y.rows(row), gate.rows(row)) { y, gate in
          unsafe table.operations.swiglu(y, gate, up, count)
        }
      }
    }
  }

  /// Replaces the first `counts(row)` elements `x` of each row by `softmax(scale · x)` and the rest by 0.
  ///
  /// Rows see a prefix of the columns: what causal attention needs.
  public func softmax(_ x: Matrix, scale: Float, counts: (Int) -> Int) {
    for row in 0..<x.rowCount {
      let count = counts(row)
      precondition((0...x.columnCount).contains(count), "softmax: \(count) of \(x.columnCount)")
      // SAFETY: `count` elements lie in the row, checked above.
      unsafe x.rows(row..<row + 1).withUnsafeMutablePointer { x0 in
        unsafe table.operations.softmax(x0, scale, count)
        for index in count..<x.columnCount { unsafe x0[index] = 0 }
      }
    }
  }

  /// Returns the maximum of the row and the sum of `exp(x − maximum)`.
  ///
  /// - Parameter x: Shape `(1, n)`, `n` at least 1.
  public func sumOfExponentials(_ x: Matrix) -> (maximum: Float, sum: Float) {
    precondition(x.rowCount == 1 && x.columnCount >= 1)
    var maximum: Float = 0
    // SAFETY: the row has `columnCount` elements; `maximum` outlives the call.
    let sum = unsafe x.withUnsafeMutablePointer { x0 in
      unsafe table.operations.sum_exp(x0, x.columnCount, &maximum)
    }
    return (maximum, sum)
  }

  func sameShape(_ a: Matrix, _ b: Matrix) -> Bool {
    a.rowCount == b.rowCount && a.columnCount == b.columnCount
  }

  /// Calls `body` with pointers to each row of two matrices with as many rows.
  func forEachRow(
    _ y: Matrix, _ x: Matrix,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    // SAFETY: row `r` of a view begins r * rowStride elements after its first; views keep their memory
    // alive.
    unsafe y.withUnsafeMutablePointer { y0 in
      unsafe x.withUnsafeMutablePointer { x0 in
        for row in 0..<x.rowCount { unsafe body(y0 + row * y.rowStride, x0 + row * x.rowStride) }
      }
    }
  }
}
