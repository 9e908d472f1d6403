internal import Synchronization

/// What a client is doing, seen and cancelled from other threads.
package final class WorkMonitor: Sendable {
  /// A piece of work under way.
  struct Work: Equatable, Sendable {
    let operation: String
    let assignment: ClientRequest.Assignment
    var steps = 0
  }

  private struct State {
    var work: Work?
    var isCancelled = false
    var isEnding = false
  }

  private let state = Mutex(State())

  /// Creates a monitor of a client that does nothing yet.
  package init() {}

  /// Counts a step that was taken.
  ///
  /// - Throws: ``Cancelled`` if the work is to be given up.
  package func countStep() throws(Cancelled) {
    let isCancelled = state.withLock { state in
      state.work?.steps += 1
      return state.isCancelled
    }
    if isCancelled { throw Cancelled() }
  }

  /// Throws ``Cancelled`` if the work is to be given up.
  package func check() throws(Cancelled) {
    if state.withLock(\.isCancelled) { throw Cancelled() }
  }

  /// What is done right now.
  var work: Work? { state.withLock(\.work) }

  /// Runs `body` as the work of `operation`.
  ///
  /// - Throws: ``Cancelled`` where the client is about to end, and the errors of `body`.
  func run<Result>(
    _ operation: String, _ assignment: ClientRequest.Assignment, _ body: () throws -> Result
  ) throws -> Result {
    try state.withLock { state throws(Cancelled) in
      if state.isEnding { throw Cancelled() }
      state.work = Work(operation: operation, assignment: assignment)
      state.isCancelled = false
    }
    defer { state.withLock { $0.work = nil } }
    return try body()
  }

  /// Has the work given up after its step, or the batch that it evaluates, if its message is `message` or any.
  ///
  /// - Returns: Whether there is such work.
  func cancel(message: String?) -> Bool {
    state.withLock { state in
      guard let work = state.work, message ?? work.assignment.message == work.assignment.message
      else { return false }
      state.isCancelled = true
      return true
    }
  }

  /// Has all work given up, now and from now on.
  package func end() {
    state.withLock { state in
      state.isCancelled = true
      state.isEnding = true
    }
  }

  /// Whether the client is to end.
  package var isEnding: Bool { state.withLock(\.isEnding) }
}
