import Foundation
import Kernels
import Tensors
import Testing

/// Lengths around every vector width, short enough for a whole Jacobian.
let shortLengths = lengths.filter { $0 <= 64 } + [130]

@Suite("Gradients of operations")
struct GradientKernelTests {
  @Test(
    "RMSNorm's gradients are the transposed Jacobian times dy, added to what was there",
    arguments: InstructionSet.available, shortLengths)
  func rmsNorm(_ instructionSet: InstructionSet, _ n: Int) {
    let (x, weight) = (randomMatrix(3, n, seed: 1), randomMatrix(1, n, seed: 2))
    let dy = randomMatrix(3, n, seed: 3)
    let (dx, dWeight) = (randomMatrix(3, n, seed: 4), randomMatrix(1, n, seed: 5))
    let (xs, ws, dys) = (doubles(x), doubles(weight), doubles(dy))
    let (dx0, dWeight0) = (doubles(dx), doubles(dWeight))
    OperationKernels(instructionSet).addRMSNormGradient(
      x, weight: weight, epsilon: 1e-5, dy: dy, dx: dx, dWeight: dWeight)

    let scales = (0..<3).map { row in
      let squares = xs[row * n..<(row + 1) * n].reduce(0) { $0 + $1 * $1 }
      return 1 / (squares / Double(n) + Double(Float(1e-5))).squareRoot()
    }
    /// The terms `dy_j · ∂y_j / ∂x_i`, where `y_j = x_j w_j r`, that of `r` apart.
    func terms(_ index: Int) -> (own: Double, ofScale: [Double]) {
      let (row, r) = (index / n * n, scales[index / n])
      let ofScale = (row..<row + n).map {
        -dys[$0] * ws[$0 % n] * xs[$0] * xs[index] * r * r * r / Double(n)
      }
      return (dys[index] * ws[index % n] * r, ofScale)
    }
    let expected = (0..<3 * n).map { dx0[$0] + terms($0).own + terms($0).ofScale.reduce(0, +) }
    // r errs by (n + 8) / 2 roundings, a sum of n terms by n.
    let error = Double(n + 8) / 2
    let tolerance = { (index: Int) -> Double in
      let (own, ofScale) = terms(index)
      let sum = ofScale.reduce(0) { $0 + abs($1) }
      return unit
        * (abs(own) * (error + 5) + sum * (3 * error + Double(n) + 9) + 2 * abs(dx0[index]))
    }
    #expect(worst(dx, expected, tolerance) <= 1)

    func weightTerms(_ i: Int) -> [Double] {
      (0..<3).map { dys[$0 * n + i] * xs[$0 * n + i] * scales[$0] }
    }
    let expectedWeight = (0..<n).map { weightTerms($0).reduce(dWeight0[$0], +) }
    let weightTolerance = { (i: Int) -> Double in
      unit * ((error + 6) * weightTerms(i).reduce(0) { $0 + abs($1) } + 3 * abs(dWeight0[i]))
    }
    #expect(worst(dWeight, expectedWeight, weightTolerance) <= 1)
  }

  @Test(
    "a rotation by the opposite angles is the transpose: ⟨R x, y⟩ = ⟨x, Rᵀ y⟩",
    arguments: InstructionSet.available)
  func rotate(_ instructionSet: InstructionSet) {
    let (x, y) = (randomMatrix(2, 60, seed: 6), randomMatrix(2, 60, seed: 7))
    let (before, dy) = (doubles(x), doubles(y))
    let angles = doubles(randomMatrix(1, 20, seed: 8))
    func matrix(_ f: (Double) -> Double) -> Matrix {
      Matrix(row: angles.map { Float(f($0)) }).reshaped(rows: 2, columns: 10)
    }
    let kernels = OperationKernels(instructionSet)
    kernels.rotate(x, headSize: 20, cosine: matrix(cos), sine: matrix(sin))
    kernels.rotate(y, headSize: 20, cosine: matrix(cos), sine: matrix { -sin($0) })
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    // Each of the elements, 4.3 at most in size, errs by three roundings and meets a factor of at most 3.
    let tolerance = 2 * 120 * 3 * unit * 4.3 * 3
    #expect(abs(product(doubles(x), dy) - product(before, doubles(y))) <= tolerance)
  }

  @Test(
    "SwiGLU's gradients are the derivatives, also far from zero and in place",
    arguments: InstructionSet.available, lengths)
  func swiGLU(_ instructionSet: InstructionSet, _ n: Int) {
    let (gate, up) = (randomMatrix(2, n, seed: 9, scale: 30), randomMatrix(2, n, seed: 10))
    let dy = randomMatrix(2, n, seed: 11)
    let (gates, ups, dys) = (doubles(gate), doubles(up), doubles(dy))
    OperationKernels(instructionSet).gateGradient(
      .silu, gate: gate, up: up, dy: dy, dGate: gate, dUp: up)

    func s(_ i: Int) -> Double { 1 / (1 + exp(-gates[i])) }
    let dGate = (0..<2 * n).map {
      dys[$0] * ups[$0] * s($0) * (1 + gates[$0] / (1 + exp(gates[$0])))
    }
    // s errs by 6 roundings, so 1 + gate (1 − s) by 8 times 1 + |gate|, and the product by 9 more.
    let tolerance = { (i: Int) -> Double in
      17 * unit * abs(dys[i] * ups[i]) * s(i) * (1 + abs(gates[i])) + 1e-37
    }
    #expect(worst(gate, dGate, tolerance) <= 1)
    let dUp = (0..<2 * n).map { dys[$0] * gates[$0] * s($0) }
    #expect(worst(up, dUp) { 8 * unit * abs(dUp[$0]) + 1e-37 } <= 1)
  }

  @Test(
    "SwiGLU's gradients are finite at the ends of binary32, and those of the identity and of zero")
  func swiGLUExtremes() {
    let gate = Matrix(row: [-3e38, -100, -88, 0, 88, 100, 3e38])
    let one = Matrix(row: [Float](repeating: 1, count: 7))
    let (dGate, dUp) = (Matrix(rows: 1, columns: 7), Matrix(rows: 1, columns: 7))
    OperationKernels().gateGradient(.silu, gate: gate, up: one, dy: one, dGate: dGate, dUp: dUp)
    #expect((dGate.elements + dUp.elements).allSatisfy { $0.isFinite })
    #expect(dGate.elements.suffix(4) == [0.5, 1, 1, 1])
    #expect(dUp.elements.suffix(4) == [0, 88, 100, 3e38])
    #expect(abs(dGate[0, 1]) < 1e-35)
  }

  @Test(
    "softmax's gradient is the transposed Jacobian times dy over a prefix, and zero beyond",
    arguments: InstructionSet.available, shortLengths)
  func softmax(_ instructionSet: InstructionSet, _ n: Int) {
    let kernels = OperationKernels(instructionSet)
    let y = randomMatrix(2, n + 3, seed: 12, scale: 20)
    kernels.softmax(y, scale: 0.125) { _ in 0..<n }
    let dy = randomMatrix(2, n + 3, seed: 13)
    let (ys, dys) = (doubles(y), doubles(dy))
    kernels.softmaxGradient(dy, of: y, scale: 0.125) { _ in 0..<n }

    /// The terms `dy_j · ∂y_j / ∂x_i`.
    func terms(_ index: Int) -> [Double] {
      let row = index / (n + 3) * (n + 3)
      guard index - row < n else { return [0] }
      return (row..<row + n).map { 0.125 * dys[$0] * ys[$0] * (($0 == index ? 1 : 0) - ys[index]) }
    }
    func size(_ index: Int) -> Double {
      let row = index / (n + 3) * (n + 3)
      let sum = (row..<row + n).reduce(0) { $0 + abs(dys[$1] * ys[$1]) }
      return 0.125 * ys[index] * (3 * abs(dys[index]) + Double(n + 3) * sum)
    }
    let expected = (0..<2 * (n + 3)).map { terms($0).reduce(0, +) }
    #expect(worst(dy, expected) { unit * size($0) + 1e-30 } <= 1)
  }

  @Test(
    "the cross-entropy's gradient is the softmax without the target, tile by tile",
    arguments: InstructionSet.available, lengths)
  func crossEntropy(_ instructionSet: InstructionSet, _ n: Int) {
    let logits = randomMatrix(2, n, seed: 14, scale: 20)
    let before = doubles(logits)
    let weights: [Float] = [0.25, 3]
    let targets = [0, n - 1]
    let sums = (0..<2).map { row in
      Float(log(before[row * n..<(row + 1) * n].reduce(0) { $0 + exp($1) }))
    }
    for tile in [0..<n / 2, n / 2..<n] {
      OperationKernels(instructionSet).crossEntropyGradient(
        logits.columns(tile), logSumExps: sums, weights: weights
      ) { tile.contains(targets[$0]) ? targets[$0] - tile.lowerBound : nil }
    }
    func softmax(_ index: Int) -> Double {
      exp(before[index] - Double(sums[index / n])) * Double(weights[index / n])
    }
    func isTarget(_ index: Int) -> Bool { index % n == targets[index / n] }
    let expected = (0..<2 * n).map {
      softmax($0) - (isTarget($0) ? Double(weights[$0 / n]) : 0)
    }
    // exp errs by 4 roundings, its argument by one of up to 48; then a product, and the target.
    #expect(
      worst(logits, expected) {
        unit * (54 * softmax($0) + (isTarget($0) ? Double(weights[$0 / n]) : 0)) + 1e-30
      } <= 1)
  }

  @Test("Gradients that do not fit their arguments are a programming error")
  func trapsOnShapeMismatch() async {
    await #expect(processExitsWith: .failure) {
      let (wide, narrow) = (Matrix(rows: 1, columns: 3), Matrix(rows: 1, columns: 2))
      OperationKernels(.scalar).gateGradient(
        .silu, gate: wide, up: wide, dy: wide, dGate: wide, dUp: narrow)
    }
  }
}
