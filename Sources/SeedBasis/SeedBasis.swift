public import Kernels
package import Tensors

/// K fixed directions in the space of all parameters, each regenerated from one seed when needed.
///
/// Every step of every client moves along one of the candidate directions `z_0 … z_{K-1}`, so a tuned
/// model is its base file and the K numbers of
///
///     w(A) = w0 - Σ_k A_k z_k
///
///     let basis = try SeedBasis(kind: .hadamard, seed: 7, candidateCount: 4096)
///     let signs = basis.values(of: 12, tensor: 0, offset: 0, count: 8)
///
/// Source: FedKSeed, arXiv:2312.06353; Documentation/Directions.md defines every direction bit by bit.
public struct SeedBasis: Sendable, Equatable {
  /// How the directions are made.
  public let kind: BasisKind
  /// The name of the basis: the key of its generator.
  public let seed: UInt64
  /// The number of directions `K`.
  public let candidateCount: Int
  /// The tensors that the directions move, elsewhere being 0; `nil` for all.
  public let parameters: ParameterPattern?

  /// The version of Documentation/Directions.md that this code follows.
  public static let version = 1

  /// The most candidates of a basis.
  public static let candidateLimit = 65536

  /// Creates a basis of `candidateCount` directions.
  ///
  /// - Parameter parameters: The tensors to move; `nil` for all.
  /// - Throws: ``SeedBasisError`` unless K is from 1 to 65536 and, for hadamard, a power of two from 2.
  public init(
    kind: BasisKind, seed: UInt64, candidateCount: Int, parameters: ParameterPattern? = nil
  ) throws(SeedBasisError) {
    if kind == .hadamard, candidateCount.nonzeroBitCount != 1 {
      throw .notPowerOfTwo(candidateCount: candidateCount)
    }
    guard Self.candidateRange(of: kind).contains(candidateCount) else {
      throw .candidateCount(candidateCount, basis: kind)
    }
    self.kind = kind
    self.seed = seed
    self.candidateCount = candidateCount
    self.parameters = parameters
  }

  /// Returns whether the directions move the tensor of this name.
  public func moves(_ name: String) -> Bool { parameters?.matches(name) ?? true }

  static func candidateRange(of kind: BasisKind) -> ClosedRange<Int> {
    (kind == .hadamard ? 2 : 1)...candidateLimit
  }

  /// Returns a power of two that hadamard supports, at most twice as far from 0 as `count`.
  static func powerOfTwo(near count: Int) -> Int {
    let clamped = min(max(count, 2), candidateLimit)
    return 1 << (Int.bitWidth - (clamped - 1).leadingZeroBitCount)
  }

  /// Returns, for each tensor of a model, whether the directions move it.
  func moved(of map: ParameterMap) -> [Bool] {
    guard parameters != nil else { return [Bool](repeating: true, count: map.count) }
    return map.parameters.map { moves($0.name) }
  }

  /// Returns elements of the direction `z_k`, exactly, in row-major order, in a tensor that it moves.
  ///
  /// - Parameters:
  ///   - candidate: `k`, in `0..<candidateCount`.
  ///   - tensor: The index of the tensor in the model's ``ParameterMap``.
  ///   - offset: The row-major index of the first element.
  ///   - count: The number of elements.
  ///   - instructionSet: Which kernels to use; all give the same bits.
  public func values(
    of candidate: Int, tensor: Int, offset: Int, count: Int,
    instructionSet: InstructionSet = .best
  ) -> [Float] {
    // −0 + z is z, whatever the sign of a zero.
    let values = Matrix(row: [Float](repeating: -0.0, count: count))
    move(
      values, nil, tensor: tensor, offset: offset, subtracting: zeroSum,
      perturbation: DirectionTerm(candidate: candidate, coefficient: 1),
      kernels: DirectionKernels(instructionSet))
    return values.elements
  }

  /// The sum of no directions.
  var zeroSum: DirectionSum { DirectionSum([Float](repeating: 0, count: candidateCount)) }

  /// Moves consecutive weights of a tensor from `offset` on, as ``DirectionKernels`` explains.
  func move(
    _ plus: Matrix, _ minus: Matrix?, tensor: Int, offset: Int, subtracting sum: DirectionSum,
    perturbation: DirectionTerm?, kernels: DirectionKernels
  ) {
    let range = DirectionRange(seed: seed, tensor: tensor, offset: offset)
    switch kind {
    case .hadamard:
      kernels.hadamard(plus, minus, at: range, subtracting: sum, perturbation: perturbation)
    case .rademacher:
      kernels.rademacher(plus, minus, at: range, subtracting: sum, perturbation: perturbation)
    case .gaussian:
      kernels.gaussian(plus, minus, at: range, subtracting: sum, perturbation: perturbation)
    }
  }

  /// Adds the projection `Zᵀ g` of a part of a gradient to `sums`.
  ///
  /// That is, to each `sums[k]` the product of `z_k` and the gradient over that part. Nothing is added
  /// for a tensor that the basis does not move.
  ///
  /// The slope of a loss along `A_k` is `−⟨z_k, ∇_w L⟩`, so the gradient with respect to all of `A` is
  /// minus what the projections of all tensors add up to, see ``DirectionKernels``.
  ///
  /// - Parameters:
  ///   - gradient: Contiguous: elements of the gradient that follow each other in the tensor.
  ///   - tensor: The index of the tensor in `parameters`.
  ///   - parameters: The model's tensors.
  ///   - offset: The row-major index of the first element.
  ///   - sums: Shape `(1, K)`.
  ///   - kernels: Which kernels to use; all give the same bits.
  package func project(
    _ gradient: Matrix, tensor: Int, of parameters: ParameterMap, offset: Int,
    addingTo sums: Matrix, kernels: DirectionKernels
  ) {
    precondition(sums.columnCount == candidateCount, "\(sums.columnCount) sums")
    guard moves(parameters[tensor].name) else { return }
    let range = DirectionRange(seed: seed, tensor: tensor, offset: offset)
    switch kind {
    case .hadamard: kernels.projectHadamard(gradient, at: range, addingTo: sums)
    case .rademacher: kernels.projectRademacher(gradient, at: range, addingTo: sums)
    case .gaussian: kernels.projectGaussian(gradient, at: range, addingTo: sums)
    }
  }
}
