internal import Foundation
internal import Profiling
internal import Reports

/// Watches a run: the progress bar, the time and the peak of memory, and the user's wish to stop.
package final class RunMonitor: Sendable {
  private let memory = MemoryMeter()
  private let earlier: RunCost
  private let wantsStop: @Sendable () -> Bool

  private let bar: ProgressBar
  private let sampling: Task<Void, any Error>
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now

  /// Starts to watch `steps` steps.
  ///
  /// - Parameters:
  ///   - earlier: What the run has cost before it was resumed.
  ///   - wantsStop: Whether the user wants the run to stop.
  init(steps: Int, after earlier: RunCost, wantsStop: @escaping @Sendable () -> Bool) {
    self.earlier = earlier
    self.wantsStop = wantsStop
    bar = ProgressBar("tuning", total: steps, unit: "steps")
    sampling = memory.startSampling(every: .milliseconds(50))
  }

  deinit { stop() }

  /// Counts a step, and measures the memory while its buffers are still there.
  package func countStep() {
    bar.advance()
    // Where the system does not tell, the peak stays 0.
    _ = try? memory.sample()
  }

  /// Throws ``Interrupted`` if the user wants the run to stop.
  package func checkStop() throws { if wantsStop() { throw Interrupted() } }

  /// Whether the user wants the run to stop.
  var isStopRequested: Bool { wantsStop() }

  /// Shows a line without disturbing the bar.
  func log(_ text: String) { bar.log(text) }

  /// Time and memory of the run so far, its earlier parts included.
  var cost: RunCost {
    RunCost(
      seconds: earlier.seconds + (clock.now - start) / .seconds(1),
      peakPrivateBytes: max(earlier.peakPrivateBytes, memory.peakPrivateBytes),
      peakMappedBytes: max(earlier.peakMappedBytes, memory.peakMappedBytes))
  }

  /// Ends the bar and the sampling.
  func stop() {
    bar.finish()
    sampling.cancel()
  }
}
