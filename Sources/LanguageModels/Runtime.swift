package import Kernels
package import Tensors

/// What a forward pass computes with: kernels of one instruction set, a team of threads, scratch.
public struct Runtime: Sendable {
  /// The element-wise and row-wise operations.
  package let operations: OperationKernels

  /// The team that shares tiles.
  package let threads: Threads

  package let scratch = ScratchPool()

  /// Measures the phases of passes, if it is there.
  package var clock: PhaseClock?

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
