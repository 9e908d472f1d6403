import Foundation
import Kernels
import Tensors
import Testing

/// An activation and its slope in binary64, by their definitions.
private func definition(_ activation: Activation, _ x: Double) -> (value: Double, slope: Double) {
  switch activation {
  case .silu:
    let s = 1 / (1 + exp(-x))
    return (x * s, s * (1 + x * (1 - s)))
  case .gelu:
    let share = erfc(-x / 2.0.squareRoot()) / 2
    return (x * share, share + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
  case .geluTanh:
    let (a, b) = ((2 / Double.pi).squareRoot(), 0.044715)
    let t = tanh(a * (x + b * x * x * x))
    return (x * (1 + t) / 2, (1 + t) / 2 + x * (1 - t * t) * a * (1 + 3 * b * x * x) / 2)
  case .relu: return (max(x, 0), x > 0 ? 1 : 0)
  }
}

/// How far an activation or its slope may be from the definition: 16 roundings of numbers up to 1 + |x|,
/// and the error of 1e-7 that the polynomial for the normal distribution has.
private func tolerance(_ x: Double, times factor: Double) -> Double {
  ((16 * unit + 1.5e-7) * (1 + abs(x)) + 4 * unit) * abs(factor) + 1e-30
}

@Suite("Activations, layer norms and caps")
struct ActivationKernelTests {
  private static let points: [Float] =
    [-3e38, -100, -20, -6, -3, -1, -0.3, -1e-3, 0, 1e-20, 1e-3, 0.2, 0.5, 1, 2.5, 5, 30, 88, 3e38]

  @Test(
    "activations and their gradients match the definitions, also far from zero and in place",
    arguments: Activation.allCases, InstructionSet.available)
  func activations(_ activation: Activation, _ instructionSet: InstructionSet) {
    let kernels = OperationKernels(instructionSet)
    let x = Matrix(row: Self.points)
    let (y, dx) = (Matrix(row: Self.points), Matrix(rows: 1, columns: Self.points.count))
    let dy = randomMatrix(1, Self.points.count, seed: 3)
    kernels.activateGradient(activation, x, dy: dy, dx: dx)
    kernels.activate(activation, y, into: y)
    let (xs, dys) = (doubles(x), doubles(dy))
    #expect(y.elements.allSatisfy(\.isFinite) && dx.elements.allSatisfy(\.isFinite))
    #expect(
      worst(y, xs.map { definition(activation, $0).value }) { tolerance(xs[$0], times: 1) } <= 1)
    let expected = zip(xs, dys).map { definition(activation, $0).slope * $1 }
    #expect(worst(dx, expected) { tolerance(xs[$0], times: dys[$0]) } <= 1)
  }

  @Test(
    "gates and their gradients match the definitions", arguments: Activation.allCases,
    InstructionSet.available)
  func gates(_ activation: Activation, _ instructionSet: InstructionSet) {
    let kernels = OperationKernels(instructionSet)
    let (gate, up) = (randomMatrix(2, 37, seed: 4, scale: 8), randomMatrix(2, 37, seed: 5))
    let (y, dy) = (Matrix(rows: 2, columns: 37), randomMatrix(2, 37, seed: 6))
    let (gates, ups, dys) = (doubles(gate), doubles(up), doubles(dy))
    kernels.gate(activation, gate: gate, up: up, into: y)
    kernels.gateGradient(activation, gate: gate, up: up, dy: dy, dGate: gate, dUp: up)
    let values = gates.map { definition(activation, $0) }
    #expect(
      worst(y, zip(values, ups).map { $0.value * $1 }) { tolerance(gates[$0], times: ups[$0]) } <= 1
    )
    let dGate = gates.indices.map { dys[$0] * ups[$0] * values[$0].slope }
    #expect(worst(gate, dGate) { tolerance(gates[$0], times: dys[$0] * ups[$0]) } <= 1)
    let dUp = gates.indices.map { dys[$0] * values[$0].value }
    #expect(worst(up, dUp) { tolerance(gates[$0], times: dys[$0]) } <= 1)
  }

  @Test(
    "a layer norm has mean 0 and variance 1 before weight and bias, far from zero too",
    arguments: InstructionSet.available, lengths)
  func layerNorm(_ instructionSet: InstructionSet, _ n: Int) {
    let (x, weight, bias) = (
      randomMatrix(3, n, seed: 1), randomMatrix(1, n, seed: 2), randomMatrix(1, n, seed: 3)
    )
    for column in 0..<n { x[1, column] += 1000 }
    let y = Matrix(rows: 3, columns: n)
    OperationKernels(instructionSet).layerNorm(
      x, weight: weight, bias: bias, epsilon: 1e-5, into: y)
    let (ws, bs) = (doubles(weight), doubles(bias))
    let normal = normalised(doubles(x), n)
    let expected = normal.values.indices.map { normal.values[$0] * ws[$0 % n] + bs[$0 % n] }
    // The mean errs by up to n/2 roundings of its size, and so does each distance from it.
    #expect(
      worst(y, expected) {
        unit * (Double(n + 8) / 2 * (normal.sizes[$0] + 1) * abs(ws[$0 % n]) + 4 * abs(bs[$0 % n]))
          + 1e-30
      } <= 1)
  }

  /// Normalised rows of n elements, and how large an element was beside the deviation of its row.
  private func normalised(_ x: [Double], _ n: Int) -> (values: [Double], sizes: [Double]) {
    var (values, sizes) = ([Double](), [Double]())
    for row in stride(from: 0, to: x.count, by: n).map({ x[$0..<$0 + n] }) {
      let mean = row.reduce(0, +) / Double(n)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
      let scale = 1 / (variance + Double(Float(1e-5))).squareRoot()
      values += row.map { ($0 - mean) * scale }
      sizes += row.map { (abs($0) + abs($0 - mean)) * scale }
    }
    return (values, sizes)
  }

  @Test(
    "a layer norm's gradient is that of differences in binary64",
    arguments: InstructionSet.available, shortLengths)
  func layerNormGradient(_ instructionSet: InstructionSet, _ n: Int) {
    let (x, weight) = (randomMatrix(2, n, seed: 7), randomMatrix(1, n, seed: 8))
    let (dy, dx) = (randomMatrix(2, n, seed: 9), Matrix(rows: 2, columns: n))
    let (dWeight, dBias) = (Matrix(rows: 1, columns: n), Matrix(rows: 1, columns: n))
    OperationKernels(instructionSet).addLayerNormGradient(
      x, weight: weight, epsilon: 1e-5, dy: dy, dx: dx, dWeight: dWeight, dBias: dBias)
    let (xs, ws, dys) = (doubles(x), doubles(weight), doubles(dy))
    func loss(_ x: [Double]) -> Double {
      normalised(x, n).values.enumerated().reduce(0) { $0 + $1.1 * ws[$1.0 % n] * dys[$1.0] }
    }
    let step = 1e-5
    let expected = xs.indices.map { index -> Double in
      var (up, down) = (xs, xs)
      up[index] += step
      down[index] -= step
      return (loss(up) - loss(down)) / (2 * step)
    }
    // Products with the inverse deviation r: rounding of n terms, and the differences' own r³ ε².
    let values = normalised(xs, n)
    let scale = { (i: Int) in values.sizes[i] / max(abs(xs[i]), 1e-9) + 1 }
    let size = dys.map(abs).max() ?? 0
    #expect(
      worst(dx, expected) {
        (unit * Double(4 * n + 40) + 1e-8 * scale($0) * scale($0)) * scale($0) * size * 4
      } <= 1)
    let sums = (0..<n).map { dys[$0] + dys[n + $0] }
    #expect(worst(dBias, sums) { unit * 4 * (abs(dys[$0]) + abs(dys[n + $0])) + 1e-30 } <= 1)
    let weights = (0..<n).map { dys[$0] * values.values[$0] + dys[n + $0] * values.values[n + $0] }
    #expect(
      worst(dWeight, weights) {
        unit * Double(n + 20) * (values.sizes[$0] + values.sizes[n + $0] + 1) * size
      } <= 1)
  }

  @Test(
    "soft caps, their gradients and ramps are their definitions",
    arguments: InstructionSet.available)
  func caps(_ instructionSet: InstructionSet) {
    let kernels = OperationKernels(instructionSet)
    let x = Matrix(row: Self.points)
    let before = doubles(x)
    let dy = randomMatrix(1, Self.points.count, seed: 10)
    let dys = doubles(dy)
    kernels.softCap(x, scale: 0.5, cap: 5) { _ in 1..<18 }
    let expected = before.enumerated().map { (1..<18).contains($0) ? 5 * tanh($1 / 10) : 0 }
    #expect(worst(x, expected) { 12 * unit * max(abs(expected[$0]), 0.1) + 1e-30 } <= 1)
    kernels.softCapGradient(dy, of: x, scale: 0.5, cap: 5)
    let slopes = before.indices.map { dys[$0] * 0.5 * (1 - pow(expected[$0] / 5, 2)) }
    #expect(worst(dy, slopes) { 16 * unit * abs(dys[$0]) } <= 1)
    let ramp = Matrix(row: [1, 1, 1])
    kernels.addRamp(ramp, slope: -0.25)
    #expect(ramp.elements == [1, 0.75, 0.5])
  }

  @Test("a softmax over a window sums to one within it, and leaves zeros outside")
  func windows() {
    let x = Matrix(row: [9, 1, 1, 9]).reshaped(rows: 1, columns: 4)
    OperationKernels().softmax(x, scale: 1) { _ in 1..<3 }
    #expect(x.elements == [0, 0.5, 0.5, 0])
  }
}
