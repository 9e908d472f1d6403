import Kernels
import SeedBasis
import Tensors
import Testing
import Weights

@Suite("Combined and dense weights")
struct WeightSourceTests {
  // Rows that share, split and straddle blocks of 64 elements; a vector; a tensor of several chunks.
  static let source = RandomSource(shapes: [[40, 24], [100], [7, 129], [90, 800]])
  static let candidateCount = 64

  static func basis(_ kind: BasisKind) throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: 11, candidateCount: candidateCount)
  }

  static func coefficients() throws -> Coefficients {
    try Coefficients((0..<candidateCount).map { $0 % 3 == 0 ? 0 : Float($0 - 30) * 1e-3 })
  }

  static func combined(_ kind: BasisKind) throws -> CombinedWeights {
    CombinedWeights(base: source, basis: try basis(kind), coefficients: try coefficients())
  }

  static func bits(of weights: some WeightSource) -> [[UInt32]] {
    (0..<weights.parameters.count).map { weights.bits(of: $0) }
  }

  @Test(
    "Weights do not depend on how a tensor is cut into tiles",
    arguments: BasisKind.allCases, [1, 2, 3, 17])
  func tiles(kind: BasisKind, rowsPerTile: Int) throws {
    let weights = try Self.combined(kind)
    for tensor in 0..<weights.parameters.count {
      #expect(
        weights.bits(of: tensor, rowsPerTile: rowsPerTile) == weights.bits(of: tensor))
    }
  }

  @Test(
    "A dense copy has the bits of the combined weights, on any number of threads",
    arguments: BasisKind.allCases, [1, 2, 3])
  func denseEqualsCombined(kind: BasisKind, threads: Int) throws {
    let dense = DenseWeights(
      copying: Self.source, basis: try Self.basis(kind), coefficients: try Self.coefficients(),
      context: ComputeContext(threads: Threads(threads)))
    #expect(Self.bits(of: dense) == Self.bits(of: try Self.combined(kind)))
  }

  @Test("Zero coefficients leave every bit of the base", arguments: BasisKind.allCases)
  func zeroCoefficients(kind: BasisKind) throws {
    let weights = CombinedWeights(
      base: Self.source, basis: try Self.basis(kind),
      coefficients: Coefficients(candidateCount: Self.candidateCount))
    #expect(Self.bits(of: weights) == Self.bits(of: Self.source))
  }

  @Test("Updates move a dense copy by one product and one sum each", arguments: BasisKind.allCases)
  func updates(kind: BasisKind) throws {
    let basis = try Self.basis(kind)
    let dense = DenseWeights(
      copying: Self.source, basis: basis, coefficients: try Self.coefficients(),
      context: ComputeContext(threads: Threads(2)))
    let updates = [(candidate: 5, amount: Float(0.25)), (candidate: 63, amount: Float(-0.003))]
    for update in updates { dense.update(along: update.candidate, by: update.amount) }
    for tensor in 0..<dense.parameters.count {
      let start = try Self.combined(kind).bits(of: tensor).map(Float.init(bitPattern:))
      let expected = updates.reduce(start) { weights, update in
        let z = basis.values(
          of: update.candidate, tensor: tensor, offset: 0, count: weights.count)
        return zip(weights, z).map { $0 - update.amount * $1 }
      }
      #expect(dense.bits(of: tensor) == expected.map(\.bitPattern))
    }
  }

  @Test("An update is applied once, whoever reads a row first", arguments: BasisKind.allCases)
  func concurrentReaders(kind: BasisKind) throws {
    let basis = try Self.basis(kind)
    let start = try Self.coefficients()
    func make() -> DenseWeights {
      DenseWeights(
        copying: Self.source, basis: basis, coefficients: start,
        context: ComputeContext(threads: Threads(1)))
    }
    let (together, alone) = (make(), make())
    for step in 0..<20 {
      together.update(along: step, by: 0.01)
      alone.update(along: step, by: 0.01)
      // Lookups of single rows and tiles of the same tensor at once, of which some rows are never read.
      Threads(4).forEach(12) { index in
        let first = index % 4 * 20
        _ = together.tile(first..<first + (index % 2 == 0 ? 1 : 20), of: 3)
      }
    }
    #expect(Self.bits(of: together) == Self.bits(of: alone))
  }

  @Test("Perturbing a dense copy leaves the copy alone", arguments: BasisKind.allCases)
  func perturbedDense(kind: BasisKind) throws {
    let dense = DenseWeights(
      copying: Self.source, basis: try Self.basis(kind), coefficients: try Self.coefficients(),
      context: ComputeContext(threads: Threads(1)))
    let before = Self.bits(of: dense)
    let perturbation = Perturbation(candidate: 9, epsilon: 0.125)
    let sides = dense.perturbed(by: perturbation).tile(3..<40, of: 0)
    let expected = try Self.combined(kind).perturbed(by: perturbation).tile(3..<40, of: 0)
    #expect([sides.plus.bits, sides.minus.bits] == [expected.plus.bits, expected.minus.bits])
    #expect(Self.bits(of: dense) == before)
  }

  @Test("A rebuilt copy forgets its updates")
  func rebuild() throws {
    let dense = DenseWeights(
      copying: Self.source, basis: try Self.basis(.hadamard),
      coefficients: Coefficients(candidateCount: Self.candidateCount),
      context: ComputeContext(threads: Threads(1)))
    dense.update(along: 1, by: 1)
    _ = dense.tile(0..<3, of: 0)
    dense.rebuild(at: try Self.coefficients())
    #expect(Self.bits(of: dense) == Self.bits(of: try Self.combined(.hadamard)))
  }
}
