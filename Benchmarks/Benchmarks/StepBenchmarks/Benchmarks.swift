internal import Benchmark
internal import FineTuning
internal import Foundation
internal import LanguageModels
internal import SeedBasis
internal import Workloads

let benchmarks: @Sendable () -> Void = {
  for tokenCount in [64, 256, 1024] {
    forwardBenchmark(tokenCount)
    for (basis, mode) in [
      (BasisKind.hadamard, WeightMode.virtual), (.rademacher, .dense), (.gaussian, .dense),
    ] {
      stepBenchmark(tokenCount, basis, mode)
    }
  }
}

/// As many threads as the machine has cores.
private let threads = ProcessInfo.processInfo.activeProcessorCount
private var configuration: Benchmark.Configuration {
  .init(metrics: [.wallClock], warmupIterations: 2, maxDuration: .seconds(5), maxIterations: 50)
}

private func forwardBenchmark(_ tokenCount: Int) {
  Benchmark("forward T=\(tokenCount)", configuration: configuration) { benchmark in
    let base = try Models.open(threads: threads)
    let batch = Texts.batch(
      tokenCount, vocabularySize: base.model.configuration.vocabularySize)
    let losses = try base.model.losses(of: batch, weights: base.store)
    // One sequence at a time, on one thread, is the slow way to the same losses.
    let single = try Models.open(threads: 1)
    let slow = try batch.sequences.map {
      try single.model.losses(of: .init([$0]), weights: single.store)[0].mean
    }
    guard zip(losses, slow).allSatisfy({ abs($0.mean - $1) < 1e-3 }) else {
      return benchmark.error("a packed batch and its sequences have different losses")
    }
    benchmark.startMeasurement()
    blackHole(try base.model.losses(of: batch, weights: base.store))
    benchmark.stopMeasurement()
  }
}

private func stepBenchmark(_ tokenCount: Int, _ basis: BasisKind, _ mode: WeightMode) {
  Benchmark("step T=\(tokenCount) \(basis) \(mode)", configuration: configuration) { benchmark in
    let base = try Models.open(threads: threads)
    var loop = try StepLoop(base, basis, mode: mode, tokenCount: tokenCount)
    var other = try StepLoop(
      base, basis, mode: mode == .dense ? .virtual : .dense, tokenCount: tokenCount)
    // Both modes hold the same weights; replaying the other bases virtually would take minutes.
    if basis == .hadamard {
      guard abs(try loop.run(steps: 2) - other.run(steps: 2)) < 1e-3 else {
        return benchmark.error("virtual and dense have different losses")
      }
    } else {
      guard try loop.run(steps: 2).isFinite else { return benchmark.error("a loss is not finite") }
    }
    benchmark.startMeasurement()
    blackHole(try loop.next())
    benchmark.stopMeasurement()
  }
}
