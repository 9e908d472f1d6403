package import Kernels
internal import Tensors
internal import Synchronization

/// What a forward pass computes with: kernels of one instruction set, a team of threads, scratch.
public struct Runtime: Sendable {
  /// The element-wise and row-wise operations.
  package let operations: OperationKernels

  /// The team that shares tiles.
  package let threads: Threads

  package let scratch = ScratchPool()

  /// Creates a runtime of `threads` threads, and makes OpenBLAS use one thread for each product.
  ///
  /// - Precondition: `instructionSet.isAvailable`, and `threads` is at least 1.
  package init(instructionSet: InstructionSet, threads: Threads) {
    OpenBLAS.useOneThread()
    operations = OperationKernels(instructionSet)
    self.threads = threads
  }

  /// Calls `body` for consecutive ranges that cover `0..<count`, on all threads.
  ///
  /// The ranges depend on `count` only.
  func forEachRange(of count: Int, by size: Int, _ body: @Sendable (Range<Int>) -> Void) {
    threads.forEach((count + size - 1) / size) { index in
      body(index * size..<min((index + 1) * size, count))
    }
  }
}

/// Buffers that tiles are made in, kept for the next tile.
///
/// A thread takes what it needs and gives it back, so that there are as many buffers as threads at
/// work, and each stays in the cache of its core. The contents of a buffer are whatever was left in it.
package final class ScratchPool: Sendable {
  private let free = Mutex<[Matrix]>([])

  /// Calls `body` with a contiguous matrix of at least `count` elements.
  func with<R>(elements count: Int, _ body: (Matrix) -> R) -> R {
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
