import Foundation
import Kernels
import Tensors
import Testing

@Suite("Operation kernels")
struct OperationKernelTests {
  @Test(
    "RMSNorm is within n + 4 roundings of the definition",
    arguments: InstructionSet.available, lengths)
  func rmsNorm(_ instructionSet: InstructionSet, _ n: Int) {
    let (x, weight) = (randomMatrix(3, n, seed: 1), randomMatrix(1, n, seed: 2))
    let y = Matrix(rows: 3, columns: n)
    OperationKernels(instructionSet).rmsNorm(x, weight: weight, epsilon: 1e-5, into: y)

    let (xs, ws) = (doubles(x), doubles(weight))
    let expected = (0..<3 * n).map { index in
      let row = xs[index / n * n..<index / n * n + n]
      let mean = row.reduce(0) { $0 + $1 * $1 } / Double(n)
      return xs[index] * ws[index % n] / (mean + Double(Float(1e-5))).squareRoot()
    }
    // A sum of n squares errs by n roundings at most; its root by half of that.
    #expect(worst(y, expected) { unit * Double(n + 8) / 2 * abs(expected[$0]) + 1e-30 } <= 1)
  }

  @Test(
    "SwiGLU is within 8 roundings of the definition, also far from zero",
    arguments: InstructionSet.available, lengths)
  func swiGLU(_ instructionSet: InstructionSet, _ n: Int) {
    let gate = randomMatrix(2, n, seed: 3, scale: 30)
    let up = randomMatrix(2, n, seed: 4)
    let y = Matrix(rows: 2, columns: n)
    OperationKernels(instructionSet).gate(.silu, gate: gate, up: up, into: y)

    let expected = zip(doubles(gate), doubles(up)).map { $0 / (1 + exp(-$0)) * $1 }
    // exp errs by 2 ulp (4 roundings), the sum, the division and the product by one each.
    #expect(worst(y, expected) { 8 * unit * abs(expected[$0]) } <= 1)
  }

  @Test("SwiGLU neither overflows nor gives NaN at the ends of binary32")
  func swiGLUExtremes() {
    let gate = Matrix(row: [-3e38, -100, -88, 0, 88, 100, 3e38])
    let one = Matrix(row: [Float](repeating: 1, count: 7))
    let y = Matrix(rows: 1, columns: 7)
    OperationKernels().gate(.silu, gate: gate, up: one, into: y)
    #expect(y.elements.allSatisfy { $0.isFinite })
    #expect(y.elements.suffix(4) == [0, 88, 100, 3e38])
    #expect(abs(y[0, 1]) < 1e-35)
  }

  @Test(
    "softmax of a prefix sums to one, matches the definition and zeroes the rest",
    arguments: InstructionSet.available, lengths)
  func softmax(_ instructionSet: InstructionSet, _ n: Int) {
    let x = randomMatrix(2, n + 3, seed: 5, scale: 20)
    let before = doubles(x)
    OperationKernels(instructionSet).softmax(x, scale: 0.125) { _ in 0..<n }

    let expected = (0..<2 * (n + 3)).map { index -> Double in
      let row = index / (n + 3) * (n + 3)
      guard index - row < n else { return 0 }
      let sum = before[row..<row + n].reduce(0) { $0 + exp($1 * 0.125) }
      return exp(before[index] * 0.125) / sum
    }
    // The argument of exp is up to 5 in size, so its rounding errors (2) weigh 5 times.
    #expect(worst(x, expected) { unit * Double(n + 24) * expected[$0] + 1e-30 } <= 1)
  }

  @Test(
    "the sum of exponentials matches the definition and its maximum is exact",
    arguments: InstructionSet.available, lengths)
  func sumOfExponentials(_ instructionSet: InstructionSet, _ n: Int) {
    let x = randomMatrix(1, n, seed: 6, scale: 20)
    let (maximum, sum) = OperationKernels(instructionSet).sumOfExponentials(x)
    #expect(maximum == x.elements.max())
    let expected = doubles(x).reduce(0) { $0 + exp($1 - Double(maximum)) }
    // Differences up to 40 in size are rounded once, which weighs 40 times.
    #expect(abs(Double(sum) - expected) <= unit * Double(n + 48) * expected)
  }

  @Test("rotary embedding turns every pair by its angle", arguments: InstructionSet.available)
  func rotate(_ instructionSet: InstructionSet) {
    let (headSize, heads) = (10, 3)
    let x = randomMatrix(2, heads * headSize, seed: 7)
    let before = doubles(x)
    let angles = randomMatrix(2, headSize / 2, seed: 8)
    let cosine = Matrix(rows: 2, columns: headSize / 2)
    let sine = Matrix(rows: 2, columns: headSize / 2)
    for row in 0..<2 {
      for pair in 0..<headSize / 2 {
        cosine[row, pair] = Float(cos(Double(angles[row, pair])))
        sine[row, pair] = Float(sin(Double(angles[row, pair])))
      }
    }
    OperationKernels(instructionSet).rotate(x, headSize: headSize, cosine: cosine, sine: sine)

    let expected = before.indices.map { index -> Double in
      let (row, place) = (index / (heads * headSize), index % headSize)
      let pair = place % (headSize / 2)
      let (c, s) = (Double(cosine[row, pair]), Double(sine[row, pair]))
      let isFirst = place < headSize / 2
      let other = before[isFirst ? index + headSize / 2 : index - headSize / 2]
      return before[index] * c + (isFirst ? -other : other) * s
    }
    // Two products and a sum, of numbers below 3.
    #expect(worst(x, expected) { _ in unit * 3 * 6 } <= 1)
  }
}

@Suite("Threads")
struct ThreadsTests {
  @Test(
    "every index is visited exactly once, for every number of threads",
    arguments: [1, 2, 3, 8], [0, 1, 2, 7, 1000])
  func visitsEachIndexOnce(_ threads: Int, _ count: Int) {
    let visits = Matrix(rows: 1, columns: count)
    Threads(threads).forEach(count) { visits[0, $0] += 1 }
    #expect(visits.elements == [Float](repeating: 1, count: count))
  }

  @Test("a loop inside a loop runs each of its indices once")
  func nests() {
    let visits = Matrix(rows: 4, columns: 9)
    Threads(2).forEach(4) { row in
      Threads(2).forEach(9) { visits[row, $0] += 1 }
    }
    #expect(visits.elements == [Float](repeating: 1, count: 36))
  }
}
