public import Kernels
public import SeedBasis
public import Tensors

/// Replay: the sum of all K directions, subtracted in place from f32 weights, on one thread.
public struct Replay {
  private let kernels: DirectionKernels
  private let kind: BasisKind
  private let sum: DirectionSum
  private let weights: Matrix

  // A tile of 64 Ki weights fits in every L2 cache.
  private static let rowCount = 16

  /// The directions summed.
  public var candidateCount: Int { sum.candidateCount }

  /// The weights moved.
  public var weightCount: Int { weights.rowCount * weights.columnCount }

  /// Creates the replay of K directions onto `weightCount` weights, a multiple of 4096.
  public init(
    _ kind: BasisKind, weightCount: Int, candidates: Int = 4096,
    instructionSet: InstructionSet = .best
  ) throws {
    self.kind = kind
    kernels = DirectionKernels(instructionSet)
    sum = DirectionSum(try Coefficients.benchmark(candidates: candidates).rounded)
    weights = Matrix(rows: weightCount / 4096, columns: 4096)
  }

  /// Replays once and returns the weights, which start at zero.
  public func run() -> Matrix {
    for start in stride(from: 0, to: weights.rowCount, by: Self.rowCount) {
      let rows = start..<min(start + Self.rowCount, weights.rowCount)
      let range = DirectionRange(seed: 7, tensor: 3, offset: start * 4096)
      let tile = weights.rows(rows)
      switch kind {
      case .hadamard:
        kernels.hadamard(tile, nil, at: range, subtracting: sum, perturbation: nil)
      case .rademacher:
        kernels.rademacher(tile, nil, at: range, subtracting: sum, perturbation: nil)
      case .gaussian:
        kernels.gaussian(tile, nil, at: range, subtracting: sum, perturbation: nil)
      }
    }
    return weights
  }

  /// Whether elements of a first run are `−Σ A_k z_k`, summed one direction at a time.
  public func isCorrect(_ result: Matrix) throws -> Bool {
    let basis = try SeedBasis.benchmark(kind, candidates: candidateCount)
    let amounts = try Coefficients.benchmark(candidates: candidateCount).rounded
    let places = [0, 5, weightCount / 2 + 1]
    return places.allSatisfy { place in
      var expected = 0.0
      var magnitude = 0.0
      for (candidate, amount) in amounts.enumerated() {
        let z = basis.values(of: candidate, tensor: 3, offset: place, count: 1)[0]
        expected -= Double(amount * z)
        magnitude += Double(abs(amount * z))
      }
      // Higham 2002, 3.1: |error| ≤ n u Σ|x|, for the sum in binary32.
      let tolerance = Double(candidateCount) * Double(Float.ulpOfOne) * magnitude
      return abs(Double(result[place / 4096, place % 4096]) - expected) <= tolerance
    }
  }
}
