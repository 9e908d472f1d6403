internal import Foundation
internal import Profiling
internal import Reports

/// Watches a run: the progress bar, the time and the peak of memory.
final class RunMonitor: Sendable {
  private let memory = MemoryMeter()
  private let earlier: RunCost

  private let bar: ProgressBar
  private let sampling: Task<Void, any Error>
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now

  /// Starts to watch `steps` steps.
  ///
  /// - Parameter earlier: What the run has cost before it was resumed.
  init(steps: Int, after earlier: RunCost = RunCost()) {
    self.earlier = earlier
    bar = ProgressBar("tuning", total: steps, unit: "steps")
    sampling = memory.startSampling(every: .milliseconds(50))
  }

  deinit { stop() }

  /// Counts a step, and measures the memory while its buffers are still there.
  func countStep() {
    bar.advance()
    measureMemory()
  }

  /// Shows a line without disturbing the bar.
  func log(_ text: String) { bar.log(text) }

  /// Measures the memory; where the system does not tell, ``MemoryMeter/problem`` says so.
  func measureMemory() { _ = try? memory.sample() }

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
