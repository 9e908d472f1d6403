internal import Benchmark

let benchmarks: @Sendable () -> Void = {
  directionBenchmarks()
  storageBenchmarks()
  operationBenchmarks()
}
