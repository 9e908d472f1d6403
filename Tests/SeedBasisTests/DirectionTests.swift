import CounterRandom
import Kernels
import SeedBasis
import Tensors
import Testing
import Weights

/// A basis, a range of a tensor, and everything that can be done to it.
struct MoveCase: Sendable, CustomTestStringConvertible {
  let kind: BasisKind
  let candidateCount: Int
  let offset: Int
  let count: Int
  var tensor = 3
  var seed: UInt64 = 0x1234_5678_9ABC_DEF0

  var testDescription: String {
    "\(kind), K = \(candidateCount), elements \(offset)..<\(offset + count)"
  }

  var oracle: DirectionOracle {
    DirectionOracle(kind: kind, seed: seed, candidateCount: candidateCount, tensor: tensor)
  }

  func basis() throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: seed, candidateCount: candidateCount)
  }

  /// Seeded numbers of both signs, a quarter of them zero: +0 and −0.
  func numbers(_ count: Int, scale: Float, stream: UInt32) -> [Float] {
    var random = RandomStream(seed: seed, tag: .partition, a: stream)
    return (0..<count).map { _ in
      let value = (Float(random.uniform()) - 0.5) * scale
      return random.next(below: 4) == 0 ? value * 0 : value
    }
  }

  var base: [Float] { numbers(count, scale: 2, stream: 1) }
  var coefficients: [Float] { numbers(candidateCount, scale: 1e-2, stream: 2) }
  var perturbation: Perturbation {
    Perturbation(candidate: candidateCount * 2 / 3, epsilon: 1e-3)
  }

  static let offsets = [(0, 1), (0, 200), (1, 64), (63, 130), (127, 2), (500, 777), (4095, 3)]

  static func cases(_ kind: BasisKind, _ candidateCounts: [Int]) -> [MoveCase] {
    candidateCounts.flatMap { count in
      offsets.map { MoveCase(kind: kind, candidateCount: count, offset: $0, count: $1) }
    }
  }

  static let all =
    cases(.hadamard, [2, 4, 32, 64, 128, 256, 512, 2048, 4096])
    + cases(.rademacher, [1, 7, 64, 100]) + cases(.gaussian, [1, 7, 33])
    + [
      // Element 2248198 of candidate 41 is −0: its radius is zero.
      MoveCase(
        kind: .gaussian, candidateCount: 62, offset: 2_248_190, count: 30, tensor: 0, seed: 7),
      MoveCase(kind: .hadamard, candidateCount: 65536, offset: 65000, count: 1000),
      MoveCase(kind: .rademacher, candidateCount: 65536, offset: 3, count: 2),
      MoveCase(kind: .gaussian, candidateCount: 9, offset: 1 << 33 - 70, count: 70),
      MoveCase(kind: .rademacher, candidateCount: 9, offset: 1 << 33 - 70, count: 70),
      MoveCase(kind: .hadamard, candidateCount: 2, offset: 1 << 33 - 70, count: 70),
    ]
}

@Suite("Directions")
struct DirectionTests {
  @Test(
    "A direction has the bits of the specification on every instruction set",
    arguments: InstructionSet.available, MoveCase.all)
  func values(on instructionSet: InstructionSet, test: MoveCase) throws {
    let k = test.perturbation.candidate
    let actual = try test.basis().values(
      of: k, tensor: test.tensor, offset: test.offset, count: test.count,
      instructionSet: instructionSet)
    let expected = (0..<test.count).map { test.oracle.value(k, test.offset + $0) }
    #expect(actual.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(
    "Replayed and perturbed weights have the bits of the specification on every instruction set",
    arguments: InstructionSet.available, MoveCase.all)
  func weights(on instructionSet: InstructionSet, test: MoveCase) throws {
    let weights = CombinedWeights(
      base: ColumnSource(tensor: test.tensor, first: test.offset, values: test.base),
      basis: try test.basis(),
      coefficients: try Coefficients(test.coefficients),
      context: ComputeContext(instructionSet: instructionSet))
    let combined = test.oracle.combine(test.base, offset: test.offset, test.coefficients)
    let sides = test.oracle.perturb(combined, offset: test.offset, test.perturbation)

    let rows = test.offset..<test.offset + test.count
    let one = weights.tile(rows, of: test.tensor)
    let two = weights.perturbed(by: test.perturbation).tile(rows, of: test.tensor)
    #expect(one.bits == combined.map(\.bitPattern))
    #expect(two.plus.bits == sides.plus.map(\.bitPattern))
    #expect(two.minus.bits == sides.minus.map(\.bitPattern))
  }
}
