public import Kernels
public import Tensors

/// The weights `w(A) = w0 − Σ A_k z_k` of a tuned model, made anew each time a tile is loaded.
///
/// Nothing is stored but `A`: any number of tuned models share one base.
///
/// Right for hadamard, whose sum costs O(log K) a weight; the other bases take O(K), see
/// ``DenseWeights``.
public struct CombinedWeights: WeightSource {
  private let moved: MovedWeights

  /// Creates the weights at the coordinates `coefficients` of `basis` around `base`.
  ///
  /// - Parameters:
  ///   - base: `w0`.
  ///   - coefficients: `A`, shape `(K)`, rounded to binary32.
  ///   - context: What makes the directions; every one gives the same bits.
  /// - Precondition: There is one coefficient for each candidate.
  public init(
    base: any WeightSource, basis: SeedBasis, coefficients: Coefficients,
    context: ComputeContext = ComputeContext()
  ) {
    precondition(
      coefficients.count == basis.candidateCount,
      "\(coefficients.count) coefficients for \(basis.candidateCount) candidates")
    moved = MovedWeights(
      base: base, basis: basis, sum: DirectionSum(coefficients.rounded), context: context)
  }

  /// The tensors of the base.
  public var parameters: ParameterMap { moved.base.parameters }

  /// Returns both sides `w(A) ± ε z_k`.
  public func perturbed(by perturbation: Perturbation) -> PerturbedWeights {
    PerturbedWeights(moved, by: perturbation)
  }

  /// Writes the weights of `rows` to `tile`.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    moved.base.load(rows, of: tensor, into: tile)
    if moved.basisMoves[tensor] { moved.move(tile, nil, rows, of: tensor, perturbation: nil) }
  }
}

/// Both sides `w(A) ± ε z_k` of perturbed weights, made from one load of `w0` and one generation of
/// `z_k`.
public struct PerturbedWeights: TwoSidedWeightSource {
  private let moved: MovedWeights
  private let perturbation: Perturbation

  init(_ moved: MovedWeights, by perturbation: Perturbation) {
    self.moved = moved
    self.perturbation = perturbation
  }

  /// The tensors of the base.
  public var parameters: ParameterMap { moved.base.parameters }

  /// Writes both sides of the weights of `rows`; in a tensor that the basis does not move they are
  /// equal.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Sides<Matrix>) {
    moved.base.load(rows, of: tensor, into: tile.plus)
    guard moved.basisMoves[tensor] else { return tile.minus.copyElements(from: tile.plus) }
    moved.move(tile.plus, tile.minus, rows, of: tensor, perturbation: perturbation.term)
  }
}

/// A base and how tiles of it are moved.
struct MovedWeights: Sendable {
  let base: any WeightSource
  let basisMoves: [Bool]
  private let basis: SeedBasis
  private let sum: DirectionSum
  private let context: ComputeContext

  init(base: any WeightSource, basis: SeedBasis, sum: DirectionSum, context: ComputeContext) {
    self.base = base
    self.basis = basis
    self.sum = sum
    self.context = context
    basisMoves = basis.moved(of: base.parameters)
  }

  /// Moves rows `rows` of a tensor, which are in `plus`, as ``DirectionKernels`` explains.
  func move(
    _ plus: Matrix, _ minus: Matrix?, _ rows: Range<Int>, of tensor: Int,
    perturbation: DirectionTerm?
  ) {
    context.clock.measure(.basis) {
      basis.move(
        plus, minus, tensor: tensor,
        offset: rows.lowerBound * base.parameters[tensor].columnCount, subtracting: sum,
        perturbation: perturbation, kernels: context.directions)
    }
  }
}

extension PhaseClock.Phase {
  /// Making directions, and moving tiles or a private copy along them.
  public static let basis = Self(rawValue: "basis")
}
