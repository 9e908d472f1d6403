internal import Synchronization

/// Buffers that tiles are made in, kept for the next tile.
///
/// A thread takes what it needs and gives it back, so that there are as many buffers as threads at
/// work, and each stays in the cache of its core. The contents of a buffer are whatever was left in it.
package final class ScratchPool: Sendable {
  private let free = Mutex<[Matrix]>([])

  /// Creates a pool without buffers.
  package init() {}

  /// Calls `body` with a contiguous matrix of at least `count` elements.
  package func with<R>(elements count: Int, _ body: (Matrix) -> R) -> R {
    let last = free.withLock { $0.popLast() }
    let matrix: Matrix
    if let last, last.columnCount >= count {
      matrix = last
    } else {
      matrix = Matrix(rows: 1, columns: count)
    }
    defer { free.withLock { $0.append(matrix) } }
    return body(matrix)
  }
}
