internal import Tensors

/// Arithmetic on all elements of matrices, each result rounded once.
extension Matrix {
  /// Adds the elements of `row`, shape `(1, columnCount)`, to each row.
  func addToEachRow(_ row: Matrix) {
    precondition(row.rowCount == 1 && row.columnCount == columnCount)
    // SAFETY: each row of both has `columnCount` elements; views keep their memory alive.
    unsafe row.withUnsafeMutablePointer { source in
      unsafe forEachRow { target in
        for column in 0..<columnCount { unsafe target[column] += source[column] }
      }
    }
  }

  /// Adds the elements of `other`, which has the same shape.
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

  /// Adds a number to all elements.
  func addConstant(_ number: Float) {
    // SAFETY: each row has `columnCount` elements.
    unsafe forEachRow { row in for column in 0..<columnCount { unsafe row[column] += number } }
  }

  /// Multiplies all elements by a number.
  func scale(by factor: Float) {
    // SAFETY: as above.
    unsafe forEachRow { row in for column in 0..<columnCount { unsafe row[column] *= factor } }
  }

  /// Sets all elements to zero.
  func clear() {
    // SAFETY: as above.
    unsafe forEachRow { row in unsafe row.update(repeating: 0, count: columnCount) }
  }

  /// Returns a new matrix of the negated elements.
  func negated() -> Matrix {
    Matrix(row: elements.map(-)).reshaped(rows: rowCount, columns: columnCount)
  }

  /// Calls `body` with the start of each row.
  private func forEachRow(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    // SAFETY: row `r` of a view begins r * rowStride elements after its first.
    unsafe withUnsafeMutablePointer { base in
      for row in 0..<rowCount { unsafe body(base + row * rowStride) }
    }
  }
}
