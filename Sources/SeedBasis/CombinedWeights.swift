public import Kernels
public import Tensors
public import Weights

/// The weights `w(A) = w0 − Σ A_k z_k` of a tuned model, made anew each time a tile is loaded.
///
/// Nothing is stored but `A`: any number of tuned models share one base. With a perturbation, both
/// sides `w(A) ± ε z_k` come from one load of the base and one generation of `z_k`.
///
/// Right for hadamard, whose sum costs O(log K) a weight; the other bases take O(K), see
/// ``DenseWeights``.
public struct CombinedWeights: WeightSource {
  private let base: any WeightSource
  private let basis: SeedBasis
  private let sum: DirectionSum
  private let perturbation: Perturbation?
  private let kernels: DirectionKernels
  private let clock: PhaseClock?
  /// Whether the basis moves each tensor.
  private let isMoved: [Bool]

  /// Creates the weights at the coordinates `coefficients` of `basis` around `base`.
  ///
  /// - Parameters:
  ///   - base: `w0`, a source with one side.
  ///   - coefficients: `A`, shape `(K)`, rounded to binary32.
  ///   - perturbation: `ε` and `k`, or `nil` for one side.
  ///   - instructionSet: Which kernels to use; all give the same bits.
  ///   - clock: Measures making directions, if it is there.
  /// - Precondition: The base has one side, and there is one coefficient for each candidate.
  public init(
    base: any WeightSource, basis: SeedBasis, coefficients: Coefficients,
    perturbation: Perturbation? = nil, instructionSet: InstructionSet = .best,
    clock: PhaseClock? = nil
  ) {
    precondition(
      coefficients.count == basis.candidateCount,
      "\(coefficients.count) coefficients for \(basis.candidateCount) candidates")
    self.init(
      base: base, basis: basis, sum: DirectionSum(coefficients.rounded),
      perturbation: perturbation, kernels: DirectionKernels(instructionSet), clock: clock)
  }

  init(
    base: any WeightSource, basis: SeedBasis, sum: DirectionSum, perturbation: Perturbation?,
    kernels: DirectionKernels, clock: PhaseClock?
  ) {
    precondition(base.sideCount == 1, "the base of a perturbation must have one side")
    self.base = base
    self.basis = basis
    self.sum = sum
    self.perturbation = perturbation
    self.kernels = kernels
    self.clock = clock
    isMoved = basis.moved(of: base.parameters)
  }

  /// The tensors of the base.
  public var parameters: ParameterMap { base.parameters }

  /// 2 with a perturbation, else 1.
  public var sideCount: Int { perturbation == nil ? 1 : 2 }

  /// Returns the same weights with another perturbation, or none.
  public func perturbed(by perturbation: Perturbation?) -> CombinedWeights {
    CombinedWeights(
      base: base, basis: basis, sum: sum, perturbation: perturbation, kernels: kernels,
      clock: clock)
  }

  /// Writes the weights of `rows`, or both their sides, to `tile`.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Tile) {
    base.load(rows, of: tensor, into: tile)
    guard isMoved[tensor] else {
      if perturbation != nil { tile.minus.copyElements(from: tile.plus) }
      return
    }
    clock.measure(.basis, within: .dequantise) {
      basis.move(
        tile.plus, perturbation.map { _ in tile.minus }, tensor: tensor,
        offset: rows.lowerBound * parameters[tensor].columnCount, subtracting: sum,
        perturbation: perturbation?.term, kernels: kernels)
    }
  }
}
