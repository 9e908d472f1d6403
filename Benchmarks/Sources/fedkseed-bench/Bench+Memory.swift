internal import FineTuning
internal import Profiling
internal import SeedBasis
internal import Workloads

extension Bench {
  /// Measures the peak of this process's private memory while it takes steps.
  ///
  /// Right in a process that has done nothing else: memory that was used once stays in it.
  func memory(_ request: Request) throws -> Measurement {
    let meter = MemoryMeter()
    let sampling = meter.startSampling(every: .milliseconds(5))
    defer { sampling.cancel() }
    var loop = try StepLoop(
      model(request), request.basis ?? .hadamard, mode: request.mode ?? .virtual,
      storage: request.storage ?? .f32,
      tokenCount: request.tokens ?? 256)
    let loss = try loop.run(steps: 5)
    try meter.sample()
    return Measurement(seconds: [0], value: loss, work: Double(meter.peakPrivateBytes))
  }
}
