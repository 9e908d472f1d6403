internal import Benchmark
internal import Kernels
internal import SeedBasis
internal import Tensors
internal import Workloads

/// Both sides of a tile of 96 rows of 576 weights: what a thread does before a product.
///
/// With hadamard the current sum is added as well, as in `virtual`; the other bases perturb only.
func directionBenchmarks() {
  for kind in BasisKind.allCases {
    for instructionSet in InstructionSet.available {
      Benchmark(
        "two-sided tile \(kind) \(instructionSet)",
        configuration: .init(metrics: [.wallClock], scalingFactor: .kilo)
      ) { benchmark in
        let tile = try DirectionTile(kind, instructionSet)
        guard try tile.isCorrect() else { return benchmark.error("wrong weights") }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { tile.move() }
        benchmark.stopMeasurement()
        blackHole(tile.plus[0, 0])
      }
    }
  }
}

/// A tile of weights that starts at zero.
private struct DirectionTile {
  let plus = Matrix(rows: 96, columns: 576)
  let minus = Matrix(rows: 96, columns: 576)
  private let kind: BasisKind
  private let kernels: DirectionKernels
  private let sum: DirectionSum
  private let range = DirectionRange(seed: 7, tensor: 5, offset: 0)
  private let perturbation = DirectionTerm(candidate: 12, coefficient: 1e-3)

  init(_ kind: BasisKind, _ instructionSet: InstructionSet) throws {
    self.kind = kind
    kernels = DirectionKernels(instructionSet)
    sum =
      kind == .hadamard
      ? DirectionSum(try Coefficients.benchmark().rounded)
      : DirectionSum([Float](repeating: 0, count: 4096))
  }

  func move() {
    switch kind {
    case .hadamard:
      kernels.hadamard(plus, minus, at: range, subtracting: sum, perturbation: perturbation)
    case .rademacher:
      kernels.rademacher(plus, minus, at: range, subtracting: sum, perturbation: perturbation)
    case .gaussian:
      kernels.gaussian(plus, minus, at: range, subtracting: sum, perturbation: perturbation)
    }
  }

  /// Moves once and compares half the difference of both sides with ε z.
  func isCorrect() throws -> Bool {
    move()
    let z = try SeedBasis.benchmark(kind).values(
      of: 12, tensor: 5, offset: 0, count: 576, instructionSet: .scalar)
    // Weights and ε z are below 0.02, so three roundings are off by less than 1e-8.
    return (0..<576).allSatisfy { abs((plus[0, $0] - minus[0, $0]) / 2 - 1e-3 * z[$0]) < 1e-8 }
  }
}
