public import Kernels
internal import SeedBasis
public import Tensors

/// Projection: the slopes along all K directions of `hadamard`, of a gradient of f32, on one thread.
public struct Projection {
  private let kernels: DirectionKernels
  private let gradient: Matrix
  private let sums: Matrix

  // A tile of 64 Ki weights fits in every L2 cache.
  private static let rowCount = 16

  /// The elements projected.
  public var weightCount: Int { gradient.rowCount * gradient.columnCount }

  /// Creates the projection of `weightCount` elements, a multiple of 4096, onto K directions.
  public init(
    weightCount: Int, candidates: Int = 4096, instructionSet: InstructionSet = .best
  ) {
    kernels = DirectionKernels(instructionSet)
    sums = Matrix(rows: 1, columns: candidates)
    let row = Matrix(row: (0..<4096).map { Float(($0 % 13) - 6) * 1e-3 })
    gradient = Matrix(rows: weightCount / 4096, columns: 4096)
    for index in 0..<gradient.rowCount { gradient.rows(index..<index + 1).copyElements(from: row) }
  }

  /// Projects once and returns the K sums, to which each run adds.
  public func run() -> Matrix {
    for start in stride(from: 0, to: gradient.rowCount, by: Self.rowCount) {
      let rows = start..<min(start + Self.rowCount, gradient.rowCount)
      kernels.projectHadamard(
        gradient.rows(rows), at: DirectionRange(seed: 7, tensor: 3, offset: start * 4096),
        addingTo: sums)
    }
    return sums
  }

  /// Whether sums of a first run are `⟨z_k, g⟩`, one direction at a time.
  public func isCorrect(_ result: Matrix) throws -> Bool {
    let basis = try SeedBasis.benchmark(.hadamard, candidates: sums.columnCount)
    let elements = gradient.elements
    let magnitude = elements.reduce(0.0) { $0 + Double(abs($1)) }
    return [0, 5, sums.columnCount - 1].allSatisfy { candidate in
      let z = basis.values(of: candidate, tensor: 3, offset: 0, count: elements.count)
      let expected = zip(z, elements).reduce(0.0) { $0 + Double($1.0 * $1.1) }
      // Higham 2002, 4.2: log2 K additions by the transform, and one for each block after the other.
      let additions = 16 + elements.count / sums.columnCount
      let tolerance = Double(additions) * Double(Float.ulpOfOne) * magnitude
      return abs(Double(result[0, candidate]) - expected) <= tolerance
    }
  }
}
