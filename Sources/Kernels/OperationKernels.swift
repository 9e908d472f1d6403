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

  /// Writes `(x − mean) / sqrt(variance + epsilon) · weight + bias` to `y`, row by row.
  ///
  /// Source: Ba, Kiros and Hinton 2016 (arXiv:1607.06450), equation 3.
  ///
  /// - Parameters:
  ///   - x: Shape `(rows, n)`.
  ///   - weight: Shape `(1, n)`.
  ///   - bias: Shape `(1, n)`.
  ///   - epsilon: Added to the variance.
  ///   - y: Shape `(rows, n)`.
  public func layerNorm(_ x: Matrix, weight: Matrix, bias: Matrix, epsilon: Float, into y: Matrix) {
    precondition(sameShape(x, y) && sameShape(weight, bias))
    precondition(weight.columnCount == x.columnCount && weight.rowCount == 1)
    let count = x.columnCount
    // SAFETY: the shapes, checked above, bound every row; views keep their memory alive.
    unsafe weight.withUnsafeMutablePointer { weight in
      unsafe bias.withUnsafeMutablePointer { bias in
        unsafe forEachRow(y, x) { y, x in
          unsafe table.operations.layer_norm(y, x, weight, bias, epsilon, count)
        }
      }
    }
  }

  /// Turns every head of every row of `x` by its rotary angles, in place.
  ///
  /// Of a head's first `2r` elements, element `i` pairs with element `i + r`, as in the Hugging Face
  /// layout; the others stay.
  /// Source: Su et al. 2021 (arXiv:2104.09864).
  ///
  /// - Parameters:
  ///   - x: Shape `(rows, heads · headSize)`.
  ///   - headSize: At least `2r`.
  ///   - cosine: Shape `(rows, r)`.
  ///   - sine: Shape `(rows, r)`.
  public func rotate(_ x: Matrix, headSize: Int, cosine: Matrix, sine: Matrix) {
    let half = cosine.columnCount
    precondition(headSize > 0 && x.columnCount.isMultiple(of: headSize))
    precondition(sameShape(cosine, sine) && cosine.rowCount == x.rowCount)
    precondition(2 * half <= headSize)
    let heads = stride(from: 0, to: x.columnCount, by: headSize)
    for row in 0..<x.rowCount {
      let row = row..<row + 1
      // SAFETY: a row holds whole heads of at least twice the angles, checked above.
      unsafe sine.rows(row).withUnsafeMutablePointer { sine in
        unsafe forEachRow(x.rows(row), cosine.rows(row)) { x, cosine in
          for head in heads { unsafe table.operations.rotate(x + head, cosine, sine, half) }
        }
      }
    }
  }

  /// Writes `activation(x)` to `y`, element by element; both have the same shape, and may be one.
  public func activate(_ activation: Activation, _ x: Matrix, into y: Matrix) {
    precondition(sameShape(x, y))
    // SAFETY: both rows have `columnCount` elements, checked above.
    unsafe forEachRow(y, x) { y, x0 in
      unsafe table.operations.activate(activation.kernel, y, x0, x.columnCount)
    }
  }

  /// Writes `activation(gate) · up` to `y`, element by element.
  ///
  /// All have the same shape; `y` may be `gate`. Source: Shazeer 2020 (arXiv:2002.05202), equation 6.
  public func gate(_ activation: Activation, gate: Matrix, up: Matrix, into y: Matrix) {
    precondition(sameShape(gate, up) && sameShape(gate, y))
    let count = y.columnCount
    for row in 0..<y.rowCount {
      let row = row..<row + 1
      // SAFETY: the three rows have `count` elements, checked above.
      unsafe up.rows(row).withUnsafeMutablePointer { up in
        unsafe forEachRow(y.rows(row), gate.rows(row)) { y, gate in
          unsafe table.operations.gate(activation.kernel, y, gate, up, count)
        }
      }
    }
  }

  /// Replaces the elements `x` of each row that it sees by `softmax(scale · x)`, and the others by 0.
  ///
  /// Rows see a range of the columns: what causal attention needs.
  ///
  /// - Parameter visible: The columns that take part in each row.
  public func softmax(_ x: Matrix, scale: Float, visible: (Int) -> Range<Int>) {
    // SAFETY: the kernel stays within the count of elements that it is given.
    unsafe forEachVisible(x, visible) { unsafe table.operations.softmax($0, scale, $1) }
  }

  /// Replaces the elements `x` of each row that it sees by `cap · tanh(scale · x / cap)`.
  ///
  /// Source: Gemma Team 2024 (arXiv:2408.00118), section 2.
  public func softCap(_ x: Matrix, scale: Float, cap: Float, visible: (Int) -> Range<Int>) {
    // SAFETY: as above.
    unsafe forEachVisible(x, visible) { unsafe table.operations.soft_cap($0, scale, cap, $1) }
  }

  /// Replaces all elements `x` by `cap · tanh(x / cap)`.
  public func softCap(_ x: Matrix, cap: Float) {
    softCap(x, scale: 1, cap: cap) { _ in 0..<x.columnCount }
  }

  /// Adds `slope · j` to element j of each row.
  ///
  /// Source: Press, Smith and Lewis 2022 (arXiv:2108.12409): a bias linear in the distance, but for a
  /// constant in each row, which softmax forgets.
  public func addRamp(_ x: Matrix, slope: Float) {
    // SAFETY: a row has `columnCount` elements.
    unsafe forEachRow(x, x) { x0, _ in
      unsafe table.operations.add_ramp(x0, slope, x.columnCount)
    }
  }

  /// Calls `body` with the elements of each row that it sees, and sets the others to 0.
  private func forEachVisible(
    _ x: Matrix, _ visible: (Int) -> Range<Int>, _ body: (UnsafeMutablePointer<Float>, Int) -> Void
  ) {
    for row in 0..<x.rowCount {
      let columns = visible(row)
      precondition(
        columns.lowerBound >= 0 && columns.upperBound <= x.columnCount,
        "columns \(columns) of \(x.columnCount)")
      // SAFETY: the columns lie in the row, checked above.
      unsafe x.rows(row..<row + 1).withUnsafeMutablePointer { x0 in
        unsafe body(x0 + columns.lowerBound, columns.count)
        for index in 0..<columns.lowerBound { unsafe x0[index] = 0 }
        for index in columns.upperBound..<x.columnCount { unsafe x0[index] = 0 }
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
