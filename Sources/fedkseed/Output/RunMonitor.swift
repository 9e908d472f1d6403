internal import Foundation
internal import Profiling
internal import Reports

/// Watches a run: the progress bar, the time and the peak of memory.
final class RunMonitor: Sendable {
  /// The memory measured so far.
  let memory = MemoryMeter()

  private let bar: ProgressBar
  private let sampling: Task<Void, any Error>
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now

  /// Starts to watch a run of `steps` steps.
  init(steps: Int) {
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

  /// The time since the start, in seconds.
  var seconds: Double { (clock.now - start) / .seconds(1) }

  /// Ends the bar and the sampling.
  func stop() {
    bar.finish()
    sampling.cancel()
  }
}
