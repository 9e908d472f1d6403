internal import Foundation
internal import Synchronization

/// Threads that each take the next piece of work until none is left.
///
/// Real threads, because each computes with an OpenMP team of its own: a loop inside another's
/// team would run on one thread.
struct Workers {
  /// How many pieces are worked on at once, at least 1.
  let count: Int

  /// Returns what `body` makes of every input, in the order of the inputs.
  ///
  /// Pieces are begun in order, and none after one has failed.
  ///
  /// - Throws: Of the errors the first in the order of the inputs, whatever the number of threads;
  ///   pieces that were under way have then ended.
  func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> [Output] {
    let board = Board(inputs: inputs, body: body)
    let group = DispatchGroup()
    for _ in 1..<max(min(count, inputs.count), 1) {
      group.enter()
      Thread {
        board.work()
        group.leave()
      }.start()
    }
    board.work()
    group.wait()
    return try board.results()
  }

  /// What has been begun and what has come of it.
  private final class Board<Input: Sendable, Output: Sendable>: Sendable {
    private struct State {
      var begun = 0
      var hasFailed = false
      var results: [Result<Output, any Error>?]
    }
    private let inputs: [Input]
    private let body: @Sendable (Input) throws -> Output
    private let state: Mutex<State>

    init(inputs: [Input], body: @escaping @Sendable (Input) throws -> Output) {
      self.inputs = inputs
      self.body = body
      state = Mutex(State(results: inputs.map { _ in nil }))
    }

    func work() {
      while let index = takeNext() {
        let result = Result { try body(inputs[index]) }
        state.withLock { state in
          if case .failure = result { state.hasFailed = true }
          state.results[index] = result
        }
      }
    }

    private func takeNext() -> Int? {
      state.withLock { state in
        guard !state.hasFailed, state.begun < inputs.count else { return nil }
        defer { state.begun += 1 }
        return state.begun
      }
    }

    func results() throws -> [Output] {
      try state.withLock(\.results).compactMap { try $0?.get() }
    }
  }
}
