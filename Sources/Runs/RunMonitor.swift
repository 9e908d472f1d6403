internal import Foundation
internal import Profiling
internal import Reports
package import SeedDescent
internal import Synchronization

/// Watches a run: its progress and who is told of it, the time and the peak of memory, losses that leave their
/// way, and the user's wish to stop.
package final class RunMonitor: Sendable {
  private struct State {
    /// The bar of the steps, and that of what is done between them.
    var bar, inner: ProgressBar?
    var stepsLeft = 0
    var speed = RunSpeed()
    var smoothed = SmoothedLoss()
    var watch: ClientWatch?
    var toldAt = Duration.zero
  }

  private let memory = MemoryMeter()
  private let earlier: RunCost
  private let wantsStop: @Sendable () -> Bool
  private let terminal: ProgressTerminal
  private let tokensPerStep: Double
  private let sampling: Task<Void, any Error>
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now
  private let state = Mutex(State())
  /// A line comes at least so often.
  private let longestSilence = Duration.seconds(30)

  /// Starts to watch.
  ///
  /// - Parameters:
  ///   - earlier: What the run has cost before it was resumed.
  ///   - tokensPerStep: The mean number of tokens of a step's examples.
  ///   - wantsStop: Whether the user wants the run to stop.
  init(
    after earlier: RunCost, tokensPerStep: Double, terminal: ProgressTerminal,
    wantsStop: @escaping @Sendable () -> Bool
  ) {
    self.earlier = earlier
    self.tokensPerStep = tokensPerStep
    self.terminal = terminal
    self.wantsStop = wantsStop
    sampling = memory.startSampling(every: .milliseconds(50))
  }

  deinit { stop() }

  /// Throws ``Interrupted`` if the user wants the run to stop.
  package func checkStop() throws { if wantsStop() { throw Interrupted() } }

  /// Whether the user wants the run to stop.
  var isStopRequested: Bool { wantsStop() }

  /// Time and memory of the run so far, its earlier parts included.
  var cost: RunCost {
    RunCost(
      seconds: earlier.seconds + (clock.now - start) / .seconds(1),
      peakPrivateBytes: max(earlier.peakPrivateBytes, memory.peakPrivateBytes),
      peakMappedBytes: max(earlier.peakMappedBytes, memory.peakMappedBytes))
  }

  /// Ends the bar and the sampling.
  func stop() {
    state.withLock { $0.bar?.finish() }
    sampling.cancel()
  }
}

// Steps.

extension RunMonitor {
  /// Starts to count steps, some of which may have been done before.
  func begin(done: Int, of total: Int) {
    state.withLock { state in
      state.bar = ProgressBar(
        "tuning", done: done, total: total, unit: "steps", terminal: terminal)
      state.stepsLeft = total - done
      state.toldAt = terminal.now()
      state.speed.work(at: terminal.now())
    }
  }

  /// Counts a step with its loss, in nats, and measures the memory while its buffers are still there.
  func countStep(loss: Double) {
    // Where the system does not tell, the peak stays 0.
    _ = try? memory.sample()
    state.withLock { state in
      state.smoothed.append(loss)
      state.speed.count()
      state.stepsLeft -= 1
      state.bar?.advance(note: state.smoothed.value.map { "loss \(Quantity.loss.text($0))" } ?? "")
    }
  }

  /// Takes the loss of a step that was done before this process, in nats.
  func recall(loss: Double) { state.withLock { $0.smoothed.append(loss) } }

  /// Watches the steps of each client from here on, from the start of a round.
  func watchClients(_ watch: ClientWatch) { state.withLock { $0.watch = watch } }

  /// Counts a step of a client and looks whether its losses leave their way; from any thread.
  ///
  /// - Throws: ``Interrupted``, or ``Diverged`` if the run is to stop then.
  package func observe(_ step: Step, of client: Int) throws {
    countStep(loss: step.losses.mean)
    let found = state.withLock { $0.watch?.observe(step.losses.mean, of: client) }
    if let found {
      if let warning = found.warning { log(warning) }
      if found.isEnd { throw Diverged() }
    }
    try checkStop()
  }

  /// What the clients' losses were found to have done in this round, if they have left their way.
  var clientDivergence: Divergence? { state.withLock { $0.watch?.found } }
}

// Telling.

extension RunMonitor {
  /// Shows a line without disturbing the bar.
  func log(_ text: String) {
    state.withLock { state in
      if let bar = state.inner ?? state.bar { bar.log(text) } else { terminal.write(text + "\n") }
    }
  }

  /// Shows a line to a person who asked for quiet too.
  func insist(_ text: String) {
    stop()
    ProgressTerminal.standardError.write(text + "\n")
  }

  /// Does something that takes a while, with a bar of its own.
  ///
  /// - Parameter body: Given what tells the number of units done.
  func during<Result>(
    _ label: String, total: Int, unit: String, _ body: ((Int) -> Void) throws -> Result
  ) rethrows -> Result {
    let inner = state.withLock { state in
      state.speed.rest(at: terminal.now())
      state.bar?.pause()
      let inner = ProgressBar(label, total: total, unit: unit, terminal: terminal)
      state.inner = inner
      return inner
    }
    defer {
      state.withLock { state in
        inner.finish()
        state.inner = nil
        state.bar?.resume()
        if state.bar != nil { state.speed.work(at: terminal.now()) }
      }
    }
    var done = 0
    return try body { count in
      inner.advance(by: count - done)
      done = count
    }
  }

  /// Returns `record` with the time, the speed and the smoothed loss of now.
  func completed(_ record: ProgressRecord) -> ProgressRecord {
    var record = record
    (record.seconds, record.peakPrivateBytes) = (cost.seconds, cost.peakPrivateBytes)
    state.withLock { state in
      record.smoothedLoss = state.smoothed.value
      record.secondsPerStep = state.speed.secondsPerStep(at: terminal.now())
      record.tokensPerSecond = record.secondsPerStep.map { tokensPerStep / $0 }
      record.secondsLeft = state.speed.secondsLeft(steps: state.stepsLeft, at: terminal.now())
    }
    return record
  }

  /// Shows a line of `record` if it is worth one: a measurement, or the first line for half a minute.
  func show(_ record: ProgressRecord) {
    let isDue = state.withLock { terminal.now() - $0.toldAt >= longestSilence }
    guard isDue || record.heldOutLoss != nil else { return }
    state.withLock { $0.toldAt = terminal.now() }
    log(record.line(columns: terminal.isInteractive ? terminal.columns() : .max))
  }
}
