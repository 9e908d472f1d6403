internal import CKernels

/// A team of threads that share the tiles of one operation.
///
/// Results must not depend on the team's size: a body computes all of index `i` and nothing else.
public struct Threads: Sendable {
  /// The number of threads, at least 1.
  public let count: Int

  /// Creates a team of `count` threads.
  ///
  /// - Precondition: `count` is at least 1.
  public init(_ count: Int) {
    precondition(count >= 1, "Threads(\(count))")
    self.count = count
  }

  /// Calls `body` once for every index in `0..<n`, on all threads, and returns when all are done.
  ///
  /// A call from inside a body runs serially.
  public func forEach(_ n: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var job = Job(body: body)
      // SAFETY: `job` outlives the call, which returns after the last body has.
      unsafe withUnsafeMutablePointer(to: &job) { job in
        unsafe ck_for_each(
          Int32(clamping: count), n,
          { context, index in
            guard let context = unsafe context else { return }
            unsafe context.assumingMemoryBound(to: Job.self).pointee.body(index)
          }, job)
      }
    }
  }

  /// Binds each thread of the team, the caller among them, to one of the CPUs that the caller may use.
  ///
  /// Helps where the system moves threads between cores; no result depends on it. Threads that the
  /// caller starts afterwards stay on its CPU.
  ///
  /// - Returns: Whether all threads are bound.
  public func pin() -> Bool { ck_pin_threads(Int32(clamping: count)) == count }

  private struct Job {
    let body: @Sendable (Int) -> Void
  }
}
