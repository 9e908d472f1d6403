package import Tensors

/// What a computation runs on: kernels of one instruction set, a team of threads, scratch, a clock.
///
/// Made once by whoever opens a model, and passed on as one argument.
public struct ComputeContext: Sendable {
  /// What the kernels are compiled for.
  public let instructionSet: InstructionSet

  /// The row-wise operations of a transformer.
  public let operations: OperationKernels

  /// Conversions between stored weights and binary32.
  public let storage: StorageKernels

  /// Moving weights along directions.
  public let directions: DirectionKernels

  /// The team that shares tiles.
  public let threads: Threads

  /// Buffers for tiles.
  package let scratch = ScratchPool()

  /// Measures the phases of passes, if it is there.
  public let clock: PhaseClock?

  /// Creates a context, and makes OpenBLAS use one thread for each product.
  ///
  /// - Precondition: `instructionSet.isAvailable`.
  public init(
    instructionSet: InstructionSet = .best, threads: Threads = Threads(1),
    clock: PhaseClock? = nil
  ) {
    OpenBLAS.useOneThread()
    self.instructionSet = instructionSet
    operations = OperationKernels(instructionSet)
    storage = StorageKernels(instructionSet)
    directions = DirectionKernels(instructionSet)
    self.threads = threads
    self.clock = clock
  }

  /// Returns a context of the same kernels with another team of threads, and scratch of its own.
  public func with(threads: Threads, clock: PhaseClock? = nil) -> ComputeContext {
    ComputeContext(instructionSet: instructionSet, threads: threads, clock: clock)
  }

  /// Calls `body` for consecutive ranges that cover `0..<count`, on all threads.
  ///
  /// The ranges depend on `count` and `size` only.
  package func forEachRange(of count: Int, by size: Int, _ body: @Sendable (Range<Int>) -> Void) {
    threads.forEach((count + size - 1) / size) { index in
      body(index * size..<min((index + 1) * size, count))
    }
  }
}
