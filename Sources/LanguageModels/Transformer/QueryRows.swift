internal import Tensors

/// The rows of a batch that ask in an attention: all of them, or those whose output is needed.
struct QueryRows: Sendable {
  /// The rows of the batch, ascending.
  let rows: [Int]

  /// For each sequence, which of ``rows`` are its own.
  let ranges: [Range<Int>]

  /// For each of ``rows``, the number of positions it sees.
  let visible: [Int]

  /// The number of asking rows.
  var count: Int { rows.count }

  /// All rows of `batch`.
  init(all batch: PackedBatch) {
    rows = Array(0..<batch.tokenCount)
    ranges = batch.rows
    visible = batch.positions.map { $0 + 1 }
  }

  /// Some rows of `batch`, ascending.
  init(_ rows: [Int], of batch: PackedBatch) {
    let positions = batch.positions
    self.rows = rows
    var end = 0
    ranges = batch.rows.map { own in
      let start = end
      while end < rows.count, rows[end] < own.upperBound { end += 1 }
      return start..<end
    }
    visible = rows.map { positions[$0] + 1 }
  }

  /// Returns these rows of `x`, which has a row for each of the batch; `x` itself if they are all.
  func select(of x: Matrix) -> Matrix {
    guard count < x.rowCount else { return x }
    let y = Matrix(rows: count, columns: x.columnCount)
    copy(from: x, to: y)
    return y
  }

  /// Copies these rows of `x`, which has a row for each of the batch, to `y`.
  func copy(from x: Matrix, to y: Matrix) {
    guard count < x.rowCount else { return y.copyElements(from: x) }
    for (index, row) in rows.enumerated() {
      y.rows(index..<index + 1).copyElements(from: x.rows(row..<row + 1))
    }
  }
}
