import CounterRandom
import Kernels
import SeedBasis
import Tensors
import Testing
import Weights

@Suite("Stochastic rounding to bfloat16")
struct RoundingTests {
  /// Section 4.4 of Documentation/Directions.md, written down as it stands.
  private static func rounded(
    _ x: Float, seed: UInt64, tensor: Int, element i: Int, update: Int
  ) -> Float {
    let words = Philox4x32.block(
      counter: [UInt32(16 * (i / 128) + i % 16), UInt32(update), UInt32(tensor), 23],
      key: [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
    let output = i / 16 % 8
    let word = words[output / 2]
    let h = output % 2 == 0 ? word & 0xFFFF : word >> 16
    if x.isNaN { return Float(bitPattern: (x.bitPattern | 0x40_0000) & 0xFFFF_0000) }
    return Float(bitPattern: (x.bitPattern &+ h) & 0xFFFF_0000)
  }

  /// Values of all sizes, zeros, infinities and NaN among them.
  private static func values(_ count: Int) -> [Float] {
    var random = RandomStream(seed: 5, tag: .syntheticWeights, a: 0)
    let special: [Float] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 1, -2]
    let any = (0..<count).map { _ in Float(bitPattern: UInt32(random.next(below: 1 << 32))) }
    return Array((special + any).prefix(count))
  }

  @Test(
    "every kernel rounds as the specification says, wherever a range begins and ends",
    arguments: InstructionSet.available,
    [(0, 1000), (5, 122), (127, 2), (130, 700), (1 << 32, 300)]
  )
  func specification(set: InstructionSet, range: (offset: Int, count: Int)) {
    let (seed, tensor, update) = (UInt64(0xFEDC_BA98_7654_3210), 12, 77)
    let weights = Matrix(row: Self.values(range.count))
    let expected = weights.elements.enumerated().map {
      Self.rounded(
        $0.element, seed: seed, tensor: tensor, element: range.offset + $0.offset, update: update)
    }
    DirectionKernels(set).roundStochastically(
      weights, at: DirectionRange(seed: seed, tensor: tensor, offset: range.offset), update: update)
    #expect(weights.elements.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(
    "the mean over many updates is the value itself", arguments: [Float(1.001), -3.14159, 1e-9])
  func unbiased(value: Float) {
    let (count, updates) = (1000, 200)
    var sum = 0.0
    for update in 0..<updates {
      let weights = Matrix(row: [Float](repeating: value, count: count))
      DirectionKernels(.best).roundStochastically(
        weights, at: DirectionRange(seed: 3, tensor: 0, offset: 0), update: update)
      sum += weights.elements.reduce(0) { $0 + Double($1) }
    }
    // Five standard deviations of a mean of choices between neighbours one spacing apart.
    let spacing = Double(value.ulp) * 65536
    let allowed = 5 * spacing / 2 / Double(count * updates).squareRoot()
    #expect(abs(sum / Double(count * updates) - Double(value)) <= allowed)
  }

  @Test(
    "a dense copy in bfloat16 is moved and rounded update by update, for any threads and tiles",
    arguments: BasisKind.allCases, [1, 3])
  func dense(kind: BasisKind, threads: Int) throws {
    let basis = try WeightSourceTests.basis(kind)
    let copy = DenseWeights(
      copying: WeightSourceTests.source, basis: basis,
      coefficients: try WeightSourceTests.coefficients(), storage: .bf16,
      context: ComputeContext(threads: Threads(threads)))
    let updates = [(candidate: 5, amount: Float(0.25)), (candidate: 63, amount: Float(-0.003))]
    for update in updates { copy.update(along: update.candidate, by: update.amount) }
    for tensor in 0..<copy.parameters.count {
      let found = copy.bits(of: tensor, rowsPerTile: threads)
      var expected = try WeightSourceTests.combined(kind).bits(of: tensor).map {
        Float(bitPattern: ($0 + 0x7FFF + $0 >> 16 & 1) & 0xFFFF_0000)
      }
      for (number, update) in updates.enumerated() {
        let z = basis.values(
          of: update.candidate, tensor: tensor, offset: 0, count: expected.count)
        expected = expected.indices.map {
          Self.rounded(
            expected[$0] - update.amount * z[$0], seed: basis.seed, tensor: tensor, element: $0,
            update: number)
        }
      }
      #expect(found == expected.map(\.bitPattern))
    }
  }
}
