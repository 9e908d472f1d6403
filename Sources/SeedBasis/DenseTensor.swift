import Kernels
import Synchronization
import Tensors
import Weights

/// The copy of one tensor, cut into chunks of whole rows that are brought up to date one by one.
struct DenseTensor: Sendable {
  /// Small enough for a core's cache, large enough that locks do not matter.
  private static let elementsPerChunk = 32768

  private let rowsPerChunk: Int
  let chunks: [DenseChunk]

  init(_ parameter: Parameter) {
    let rowsPerChunk = max(1, Self.elementsPerChunk / parameter.columnCount)
    self.rowsPerChunk = rowsPerChunk
    chunks = stride(from: 0, to: parameter.rowCount, by: rowsPerChunk).map { first in
      DenseChunk(
        rows: first..<min(first + rowsPerChunk, parameter.rowCount), columns: parameter.columnCount)
    }
  }

  func chunks(overlapping rows: Range<Int>) -> ArraySlice<DenseChunk> {
    guard !rows.isEmpty else { return [] }
    return chunks[rows.lowerBound / rowsPerChunk...(rows.upperBound - 1) / rowsPerChunk]
  }
}

/// Some rows of a tensor, and how many of the updates they have seen.
///
/// The lock covers every access to the weights: token lookups and the tied output head may read the
/// same rows at once, and whoever comes first brings them up to date.
final class DenseChunk: Sendable {
  let rows: Range<Int>
  private let weights: Matrix
  private let seenUpdates = Mutex(0)

  init(rows: Range<Int>, columns: Int) {
    self.rows = rows
    weights = Matrix(rows: rows.count, columns: columns)
  }

  /// Replaces the weights by those of `source`, which have seen no update.
  func refill(from source: some WeightSource, tensor: Int) {
    seenUpdates.withLock { seen in
      source.load(rows, of: tensor, into: Tile(plus: weights, minus: weights.rows(0..<0)))
      seen = 0
    }
  }

  /// Applies the updates not seen yet, then copies the wanted rows that lie in this chunk.
  ///
  /// - Parameters:
  ///   - wanted: Rows of the tensor.
  ///   - target: Receives them; its first row is the first row wanted.
  ///   - updates: All updates since the last refill, in order.
  ///   - apply: Adds one update to all weights of the chunk.
  func copy(
    _ wanted: Range<Int>, to target: Matrix, after updates: [DirectionTerm],
    apply: (Matrix, DirectionTerm) -> Void
  ) {
    seenUpdates.withLock { seen in
      for update in updates.dropFirst(seen) { apply(weights, update) }
      seen = max(seen, updates.count)
      let shared = wanted.clamped(to: rows)
      let source = weights.rows(
        shared.lowerBound - rows.lowerBound..<shared.upperBound - rows.lowerBound)
      let first = shared.lowerBound - wanted.lowerBound
      source.copy(to: target.rows(first..<first + shared.count))
    }
  }
}

extension Matrix {
  /// Writes the elements to a contiguous matrix of the same shape elsewhere in memory.
  fileprivate func copy(to target: Matrix) {
    precondition(
      isContiguous && target.isContiguous && rowCount == target.rowCount
        && columnCount == target.columnCount)
    // SAFETY: both hold this many elements, checked above.
    unsafe withUnsafeMutablePointer { source in
      unsafe target.withUnsafeMutablePointer { target in
        unsafe target.update(from: source, count: rowCount * columnCount)
      }
    }
  }
}
