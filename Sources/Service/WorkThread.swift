internal import Foundation
internal import Synchronization

/// One thread on which all work is done, one piece after the other, in the order of its coming.
///
/// Always the same one, as a thread that computes keeps a team of others for its next product.
final class WorkThread: Sendable {
  private let queue = Queue()

  init() {
    let queue = queue
    Thread { while let piece = queue.next() { piece() } }.start()
  }

  /// Ends the thread, which does not keep its owner.
  deinit { queue.add(nil) }

  /// Returns what `body` returns or throws on the thread.
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
    let outcome = Outcome<Result>()
    queue.add { outcome.set(Swift.Result { try body() }) }
    return try outcome.get()
  }

  /// The pieces to be done; none ends the thread.
  private final class Queue: Sendable {
    private let pieces = Mutex<[(@Sendable () -> Void)?]>([])
    private let available = DispatchSemaphore(value: 0)

    func add(_ piece: (@Sendable () -> Void)?) {
      pieces.withLock { $0.append(piece) }
      available.signal()
    }

    func next() -> (@Sendable () -> Void)? {
      available.wait()
      return pieces.withLock { $0.removeFirst() }
    }
  }

  /// What came of a piece.
  private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Swift.Result<Value, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    func set(_ result: Swift.Result<Value, any Error>) {
      self.result.withLock { $0 = result }
      done.signal()
    }

    /// Waits for it.
    func get() throws -> Value {
      done.wait()
      guard let result = result.withLock(\.self) else { throw Cancelled() }
      return try result.get()
    }
  }
}
