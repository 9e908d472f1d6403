internal import Benchmark
internal import Foundation
internal import Kernels
internal import Tensors

/// RMSNorm, softmax and SwiGLU of 64 rows, each checked against the formula in binary64.
func operationBenchmarks() {
  let operations: [(name: String, columns: Int, run: Operation, expected: Formula)] = [
    (
      "rmsNorm", 576, { $0.rmsNorm($1, weight: $2.rows(0..<1), epsilon: 1e-5, into: $3) },
      { x, w, i in
        x[i] * w[i] / (x.reduce(0) { $0 + $1 * $1 } / Double(x.count) + 1e-5).squareRoot()
      }
    ),
    (
      "swiGLU", 1536, { $0.gate(.silu, gate: $1, up: $2, into: $3) },
      { x, w, i in x[i] / (1 + exp(-x[i])) * w[i] }
    ),
    (
      "softmax", 256,
      { kernels, x, _, y in
        y.copyElements(from: x)
        kernels.softmax(y, scale: 0.125) { _ in 0..<x.columnCount }
      },
      { x, _, i in exp(0.125 * x[i]) / x.reduce(0) { $0 + exp(0.125 * $1) } }
    ),
  ]
  for (name, columns, run, expected) in operations {
    for instructionSet in InstructionSet.available {
      Benchmark(
        "\(name) 64x\(columns) \(instructionSet)",
        configuration: .init(metrics: [.wallClock], scalingFactor: .kilo)
      ) { benchmark in
        let kernels = OperationKernels(instructionSet)
        let (x, w, y) = (values(columns, 17), values(columns, 13), values(columns, 1))
        run(kernels, x, w, y)
        guard agrees(x, w, y, expected) else { return benchmark.error("wrong results") }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { run(kernels, x, w, y) }
        benchmark.stopMeasurement()
        blackHole(y[0, 0])
      }
    }
  }
}

/// Computes the last matrix from the two before it.
private typealias Operation = @Sendable (OperationKernels, Matrix, Matrix, Matrix) -> Void

/// Element `i` of a row of results, from a row of each input.
private typealias Formula = @Sendable ([Double], [Double], Int) -> Double

/// Returns 64 rows of numbers from −2 to 2 that repeat every `period` columns.
private func values(_ columns: Int, _ period: Int) -> Matrix {
  let matrix = Matrix(rows: 64, columns: columns)
  for row in 0..<64 {
    for column in 0..<columns {
      matrix[row, column] = 4 * Float((column + row) % period) / Float(period) - 2
    }
  }
  return matrix
}

private func agrees(_ x: Matrix, _ w: Matrix, _ y: Matrix, _ expected: Formula) -> Bool {
  let (x, w) = (x.rows(0..<1).elements.map(Double.init), w.rows(0..<1).elements.map(Double.init))
  return x.indices.allSatisfy { column in
    let value = expected(x, w, column)
    // A row's sum of n terms may lose n ulps, and our exponentials two.
    let tolerance = Double(x.count) * Double(Float.ulpOfOne) * abs(value) + 1e-7
    return abs(Double(y[0, column]) - value) <= tolerance
  }
}
