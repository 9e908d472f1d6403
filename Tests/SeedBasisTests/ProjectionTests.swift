import Foundation
import Kernels
import SeedBasis
import Tensors
import Testing

/// The unit roundoff of binary32.
private let unit = Double(Float.ulpOfOne) / 2

extension MoveCase {
  fileprivate var gradient: [Float] { numbers(count, scale: 2, stream: 4) }
  fileprivate var sums: [Float] { numbers(candidateCount, scale: 2, stream: 5) }

  /// What the basis makes of `sums`; `pieces` are offsets into the range where it is cut.
  fileprivate func projected(
    _ gradient: [Float], addingTo sums: [Float], cutAt pieces: [Int] = [],
    on instructionSet: InstructionSet = .best
  ) throws -> [Float] {
    let parameters = ParameterMap(
      (0...tensor).map { Parameter(name: "tensor\(1000 + $0)", shape: [1]) })
    let row = Matrix(row: gradient)
    let total = Matrix(row: sums)
    let borders = [0] + pieces + [count]
    for (start, end) in zip(borders, borders.dropFirst()) {
      try basis().project(
        row.columns(start..<end), tensor: tensor, of: parameters, offset: offset + start,
        addingTo: total, kernels: DirectionKernels(instructionSet))
    }
    return total.elements
  }

  /// How many terms are added to a sum, each of how many roundings.
  fileprivate var roundings: Double {
    guard kind == .hadamard else { return Double(count) + 1 }
    let blocks = (offset + count - 1) / candidateCount - offset / candidateCount + 1
    return log2(Double(candidateCount)) + Double(blocks)
  }
}

@Suite("Projections")
struct ProjectionTests {
  @Test(
    "A projection has the bits of the specification on every instruction set",
    arguments: InstructionSet.available, MoveCase.all)
  func bits(on instructionSet: InstructionSet, test: MoveCase) throws {
    let actual = try test.projected(test.gradient, addingTo: test.sums, on: instructionSet)
    let expected = test.oracle.project(test.gradient, offset: test.offset, addingTo: test.sums)
    #expect(actual.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  static let small = MoveCase.all.filter { $0.candidateCount <= 512 }

  @Test("A projection is the product with every direction, but for its roundings", arguments: small)
  func product(test: MoveCase) throws {
    let zeros = [Float](repeating: 0, count: test.candidateCount)
    let actual = try test.projected(test.gradient, addingTo: zeros)
    for k in 0..<test.candidateCount {
      let (sum, size) = test.oracle.exactProjection(k, test.gradient, offset: test.offset)
      // Each stage and each addition errs by a unit of magnitudes that add up to `size` at most.
      #expect(abs(Double(actual[k]) - sum) <= 1.01 * test.roundings * unit * size)
    }
  }

  @Test("A projection of small integers is exact", arguments: HadamardTests.sizes)
  func integers(size: Int) throws {
    let test = MoveCase(
      kind: .hadamard, candidateCount: size, offset: 3 * size / 2, count: 3 * size)
    // Below 2^24 in every partial sum, so binary32 is exact.
    let gradient = (0..<test.count).map { Float(($0 * 7919 + 13) % 1001 - 500) }
    let actual = try test.projected(gradient, addingTo: [Float](repeating: 0, count: size))
    let expected = (0..<size).map {
      Float(test.oracle.exactProjection($0, gradient, offset: test.offset).sum)
    }
    #expect(actual == expected)
  }

  static let adjoint =
    [2, 8, 64, 128, 256, 1024, 4096, 8192, 16384, 65536].map {
      MoveCase(kind: .hadamard, candidateCount: $0, offset: 1001, count: 5000)
    } + [
      MoveCase(kind: .rademacher, candidateCount: 100, offset: 1001, count: 500),
      MoveCase(kind: .gaussian, candidateCount: 100, offset: 1001, count: 500),
    ]

  @Test("Projection is the transpose of replay: ⟨Zᵀg, a⟩ = ⟨g, Za⟩", arguments: adjoint)
  func transpose(test: MoveCase) throws {
    let (g, a, K) = (test.gradient, test.coefficients, test.candidateCount)
    let projection = try test.projected(g, addingTo: [Float](repeating: 0, count: K))
    let moved = Matrix(rows: 1, columns: test.count)
    let range = DirectionRange(seed: test.seed, tensor: test.tensor, offset: test.offset)
    let kernels = DirectionKernels(.best)
    switch test.kind {
    case .hadamard:
      kernels.hadamard(moved, nil, at: range, subtracting: DirectionSum(a), perturbation: nil)
    case .rademacher:
      kernels.rademacher(moved, nil, at: range, subtracting: DirectionSum(a), perturbation: nil)
    case .gaussian:
      kernels.gaussian(moved, nil, at: range, subtracting: DirectionSum(a), perturbation: nil)
    }
    func product(_ x: [Float], _ y: [Float]) -> Double {
      zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    func size(_ x: [Float]) -> Double { x.reduce(0) { $0 + Double(abs($1)) } }
    let difference = product(projection, a) + product(g, moved.elements)
    // Each element of Za errs by a unit of Σ|a| for each of its additions, each of Zᵀg likewise by Σ|g|.
    let additions =
      test.kind == .hadamard ? log2(Double(K)) + test.roundings : Double(K) + 2 + test.roundings
    // No normal is larger than 5.77.
    let largest = test.kind == .gaussian ? 5.77 : 1
    #expect(abs(difference) <= 1.01 * additions * unit * largest * size(a) * size(g))
  }

  static let cuts = [
    MoveCase(kind: .hadamard, candidateCount: 64, offset: 37, count: 700),
    MoveCase(kind: .hadamard, candidateCount: 256, offset: 512, count: 1024),
    MoveCase(kind: .rademacher, candidateCount: 33, offset: 37, count: 700),
    MoveCase(kind: .gaussian, candidateCount: 33, offset: 37, count: 700),
  ]

  @Test(
    "Cutting a range adds the same, but for its roundings",
    arguments: cuts, [[1], [128], [300, 301], [7, 64, 65, 512, 699]])
  func cutting(test: MoveCase, pieces: [Int]) throws {
    let whole = try test.projected(test.gradient, addingTo: test.sums)
    let parts = try test.projected(test.gradient, addingTo: test.sums, cutAt: pieces)
    // The other bases add element by element: nothing changes.
    if test.kind != .hadamard { return #expect(parts == whole) }
    let size = test.gradient.reduce(0) { $0 + Double(abs($1)) }
    let roundings = 2 * test.roundings + Double(pieces.count)
    for k in 0..<test.candidateCount {
      let magnitude = size + Double(abs(test.sums[k]))
      #expect(abs(Double(parts[k]) - Double(whole[k])) <= 1.01 * roundings * unit * magnitude)
    }
  }

  @Test("Cutting between blocks changes no bit")
  func cuttingBetweenBlocks() throws {
    let test = Self.cuts[1]
    let whole = try test.projected(test.gradient, addingTo: test.sums)
    #expect(try test.projected(test.gradient, addingTo: test.sums, cutAt: [256, 768]) == whole)
  }

  @Test("Nothing is added for no elements", arguments: BasisKind.allCases)
  func empty(kind: BasisKind) throws {
    let test = MoveCase(kind: kind, candidateCount: 256, offset: 37, count: 0)
    let sums = [Float](repeating: -0.0, count: 256)
    #expect(try test.projected([], addingTo: sums).map(\.sign) == sums.map(\.sign))
  }

  @Test("A tensor that the basis does not move adds nothing")
  func unmoved() throws {
    let basis = try SeedBasis(
      kind: .hadamard, seed: 1, candidateCount: 4, parameters: try ParameterPattern("b"))
    let parameters = ParameterMap(["a", "b"].map { Parameter(name: $0, shape: [4]) })
    let sums = Matrix(rows: 1, columns: 4)
    func project(_ tensor: Int) {
      basis.project(
        Matrix(row: [1, 2, 3, 5]), tensor: tensor, of: parameters, offset: 0, addingTo: sums,
        kernels: DirectionKernels(.best))
    }
    project(0)
    #expect(sums.elements == [0, 0, 0, 0])
    project(1)
    #expect(sums.elements != [0, 0, 0, 0])
  }

  @Test("A gradient that is not finite is projected onto all of a block's directions")
  func notFinite() throws {
    let test = MoveCase(kind: .hadamard, candidateCount: 256, offset: 0, count: 512)
    var gradient = test.gradient
    gradient[300] = .nan
    #expect(try test.projected(gradient, addingTo: test.sums).allSatisfy(\.isNaN))
  }
}
