internal import Foundation
internal import Synchronization

/// One thread on which all work is done, one piece after the other, in the order of its coming.
///
/// Always the same one, as a thread that computes keeps a team of others for its next product.
final class WorkThread: Sendable {
  private let queue = Queue()

  init() {
    let queue = queue
    Thread { while let done = queue.doNext() { done.signal() } }.start()
  }

  /// Ends the thread, which does not keep its owner.
  deinit { queue.add(nil) }

  /// Returns what `body` returns or throws on the thread, which has then forgotten `body`.
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
    let outcome = Outcome<Result>()
    let done = DispatchSemaphore(value: 0)
    queue.add(Piece(body: { outcome.set(Swift.Result { try body() }) }, done: done))
    done.wait()
    return try outcome.get()
  }

  /// Something to be done.
  private struct Piece: Sendable {
    let body: @Sendable () -> Void
    let done: DispatchSemaphore
  }

  /// The pieces to be done; none ends the thread.
  private final class Queue: Sendable {
    private let pieces = Mutex<[Piece?]>([])
    private let available = DispatchSemaphore(value: 0)

    func add(_ piece: Piece?) {
      pieces.withLock { $0.append(piece) }
      available.signal()
    }

    /// Does the next piece and returns who waits for it; nothing is kept of it.
    func doNext() -> DispatchSemaphore? {
      available.wait()
      guard let piece = pieces.withLock({ $0.removeFirst() }) else { return nil }
      piece.body()
      return piece.done
    }
  }

  /// What came of a piece.
  private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Swift.Result<Value, any Error>?>(nil)

    func set(_ result: Swift.Result<Value, any Error>) { self.result.withLock { $0 = result } }

    func get() throws -> Value {
      guard let result = result.withLock(\.self) else { throw Cancelled() }
      return try result.get()
    }
  }
}
