import Kernels
import SeedBasis
import Tensors
import Testing
import Weights

@Suite("Gradients along the directions")
struct CoefficientGradientTests {
  /// What a backward pass might leave: a tensor of several tiles, a vector, tiles inside of blocks.
  static let gradient = RandomSource(shapes: [[40, 24], [100], [7, 129]])

  static func basis(
    _ kind: BasisKind, moving parameters: ParameterPattern? = nil
  ) throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: 11, candidateCount: 64, parameters: parameters)
  }

  /// The slopes after a backward pass whose tiles have three rows.
  static func slopes(_ basis: SeedBasis, threads: Int) -> [Double] {
    let context = ComputeContext(threads: Threads(threads))
    let result = CoefficientGradient(basis, of: gradient.parameters, context: context)
    let tiles = gradient.parameters.parameters.enumerated().flatMap { tensor, parameter in
      stride(from: 0, to: parameter.rowCount, by: 3).map {
        (tensor: tensor, rows: $0..<min($0 + 3, parameter.rowCount))
      }
    }
    context.threads.forEach(GradientShards.count) { shard in
      for index in stride(from: shard, to: tiles.count, by: GradientShards.count) {
        let (tensor, rows) = tiles[index]
        result.add(gradient.tile(rows, of: tensor), toRows: rows, of: tensor, shard: shard)
      }
    }
    return result.values
  }

  /// The slope along a direction in binary64, and the same of magnitudes.
  static func exactSlope(
    _ candidate: Int, _ basis: SeedBasis, of tensors: Range<Int>
  ) -> (sum: Double, size: Double) {
    tensors.reduce((0, 0)) { total, tensor in
      let g = gradient.tensors[tensor].elements
      let z = basis.values(of: candidate, tensor: tensor, offset: 0, count: g.count)
      let products = zip(z, g).map { Double($0) * Double($1) }
      return (
        total.0 - products.reduce(0, +), total.1 + products.reduce(0) { $0 + abs($1) }
      )
    }
  }

  static func expectSlopes(_ actual: [Double], _ basis: SeedBasis, of tensors: Range<Int>) {
    // A tile of at most 3 · 129 elements errs by a unit of their magnitudes for each of its additions
    // and products; what binary64 adds to that is less than a hundredth.
    let roundings = Double(3 * 129 + 1)
    for candidate in 0..<basis.candidateCount {
      let (sum, size) = exactSlope(candidate, basis, of: tensors)
      let tolerance = 1.01 * roundings * Double(Float.ulpOfOne) / 2 * size
      #expect(abs(actual[candidate] - sum) <= tolerance, "candidate \(candidate)")
    }
  }

  @Test("Slopes are −Zᵀ of the whole gradient", arguments: BasisKind.allCases)
  func values(kind: BasisKind) throws {
    let basis = try Self.basis(kind)
    Self.expectSlopes(Self.slopes(basis, threads: 2), basis, of: 0..<3)
  }

  @Test("Slopes have the same bits on any number of threads", arguments: BasisKind.allCases)
  func threads(kind: BasisKind) throws {
    let basis = try Self.basis(kind)
    let bits = Self.slopes(basis, threads: 1).map(\.bitPattern)
    for threads in [2, 3, 8] {
      #expect(Self.slopes(basis, threads: threads).map(\.bitPattern) == bits)
    }
  }

  @Test("A tensor that the basis does not move has no slope", arguments: BasisKind.allCases)
  func moved(kind: BasisKind) throws {
    let basis = try Self.basis(kind, moving: ParameterPattern("tensor0"))
    let sink = CoefficientGradient(
      basis, of: Self.gradient.parameters, context: ComputeContext())
    #expect((0..<3).map(sink.wants) == [true, false, false])
    Self.expectSlopes(Self.slopes(basis, threads: 2), basis, of: 0..<1)
  }
}
