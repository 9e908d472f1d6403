internal import Benchmark
internal import Kernels
internal import SeedBasis
internal import Workloads

let benchmarks: @Sendable () -> Void = {
  for kind in BasisKind.allCases {
    for instructionSet in InstructionSet.available where instructionSet != .scalar {
      replayBenchmark(kind, instructionSet)
    }
  }
}

/// The sum of 4096 directions into f32 weights, on one thread.
private func replayBenchmark(_ kind: BasisKind, _ instructionSet: InstructionSet) {
  let weightCount = kind == .hadamard ? 1 << 22 : 1 << 16
  let rate = BenchmarkMetric.custom(
    "M weights/s", polarity: .prefersLarger, useScalingFactor: false)
  Benchmark(
    "replay K=4096 \(kind) \(instructionSet)",
    configuration: .init(
      metrics: [.wallClock, rate], warmupIterations: 0, maxDuration: .seconds(3))
  ) { benchmark in
    let replay = try Replay(kind, weightCount: weightCount, instructionSet: instructionSet)
    guard try replay.isCorrect(replay.run()) else { return benchmark.error("wrong weights") }
    let start = ContinuousClock.now
    benchmark.startMeasurement()
    blackHole(replay.run())
    benchmark.stopMeasurement()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    benchmark.measurement(rate, Int(Double(weightCount) / 1e6 / seconds))
  }
}
