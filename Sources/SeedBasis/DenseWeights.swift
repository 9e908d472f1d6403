public import Kernels
public import Tensors
public import Weights
import Synchronization

/// A private copy of the weights, moved in place: the other way to hold a tuned model.
///
/// Costs four bytes a weight that moves, or two in bfloat16, but a step costs O(1) a weight with every
/// basis. An update takes no pass of its own: it is noted, and each part of the copy catches up when it
/// is read the next time. Tensors that the basis does not move are read from the base.
///
///     let weights = DenseWeights(copying: store, basis: basis, coefficients: start, threads: threads)
///     let sides = weights.perturbed(by: Perturbation(candidate: k, epsilon: 1e-3))
///     …                                        // two losses give g
///     weights.update(along: k, by: η * g)      // w := w − ηg z_k
///
/// Each update rounds, so after many of them the weights differ in their last bits from those that
/// ``rebuild(at:threads:)`` makes from the same `A`. In bfloat16 an update is rounded
/// stochastically, as Documentation/Directions.md says in section 4.4.
public final class DenseWeights: WeightSource {
  private let base: any WeightSource
  /// The copy of each tensor; none of those that the basis does not move.
  private let tensors: [DenseTensor?]
  private let basis: SeedBasis
  private let zeroSum: DirectionSum
  private let kernels: DirectionKernels
  private let storage: DenseStorage
  private let clock: PhaseClock?
  // Every update since the last rebuild, in order, as terms to add.
  private let updates = Mutex<[DirectionTerm]>([])

  /// The tensors of the base.
  public var parameters: ParameterMap { base.parameters }

  /// 1; see ``perturbed(by:)`` for two sides.
  public var sideCount: Int { 1 }

  /// Copies the weights `w0 − Σ A_k z_k`.
  ///
  /// - Parameters:
  ///   - base: `w0`, a source with one side.
  ///   - coefficients: `A`, shape `(K)`, rounded to binary32.
  ///   - storage: The type of the copy's elements.
  ///   - instructionSet: Which kernels to use; all give the same bits.
  ///   - clock: Measures making directions while tiles are loaded, if it is there.
  public init(
    copying base: any WeightSource, basis: SeedBasis, coefficients: Coefficients,
    storage: DenseStorage = .f32, threads: Threads, instructionSet: InstructionSet = .best,
    clock: PhaseClock? = nil
  ) {
    self.base = base
    self.basis = basis
    zeroSum = basis.zeroSum
    kernels = DirectionKernels(instructionSet)
    self.storage = storage
    self.clock = clock
    let bytes = StoredBytes(kernels: StorageKernels(instructionSet))
    tensors = zip(base.parameters.parameters, basis.moved(of: base.parameters)).map {
      $1 ? DenseTensor($0, storage, bytes) : nil
    }
    rebuild(at: coefficients, threads: threads)
  }

  /// Replaces all weights that move by `w0 − Σ A_k z_k`, rounded to nearest, and forgets all updates.
  ///
  /// Must not run while tiles are loaded.
  ///
  /// - Complexity: As ``CombinedWeights`` for each weight.
  public func rebuild(at coefficients: Coefficients, threads: Threads) {
    let source = CombinedWeights(
      base: base, basis: basis, sum: DirectionSum(coefficients.rounded), perturbation: nil,
      kernels: kernels, clock: nil)
    updates.withLock { $0 = [] }
    let parts = tensors.indices.flatMap { tensor in
      (tensors[tensor]?.chunks ?? []).map { (tensor: tensor, chunk: $0) }
    }
    threads.forEach(parts.count) { index in
      parts[index].chunk.refill(from: source, tensor: parts[index].tensor)
    }
  }

  /// Moves the weights by `−amount · z_candidate`.
  ///
  /// Tiles loaded later show it. Must not run while tiles are loaded.
  ///
  /// - Complexity: O(1) now; each weight is moved when it is read the next time.
  public func update(along candidate: Int, by amount: Float) {
    updates.withLock { $0.append(DirectionTerm(candidate: candidate, coefficient: -amount)) }
  }

  /// Returns a view with both sides `w ± ε z_k`; they exist in the loaded tiles only.
  public func perturbed(by perturbation: Perturbation) -> CombinedWeights {
    CombinedWeights(
      base: self, basis: basis, sum: zeroSum, perturbation: perturbation, kernels: kernels,
      clock: clock)
  }

  /// Brings `rows` up to date and copies them to `tile.plus`.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Tile) {
    guard let copy = tensors[tensor] else { return base.load(rows, of: tensor, into: tile) }
    let terms = updates.withLock { $0 }
    let columns = parameters[tensor].columnCount
    for chunk in copy.chunks(overlapping: rows) {
      chunk.copy(rows, to: tile.plus, updateCount: terms.count) { weights, number in
        clock.measure(.basis, within: .dequantise) {
          apply(
            terms[number], number, to: weights, tensor: tensor,
            offset: chunk.rows.lowerBound * columns)
        }
      }
    }
  }

  private func apply(
    _ term: DirectionTerm, _ number: Int, to weights: Matrix, tensor: Int, offset: Int
  ) {
    basis.move(
      weights, nil, tensor: tensor, offset: offset, subtracting: zeroSum, perturbation: term,
      kernels: kernels)
    guard storage == .bf16 else { return }
    kernels.roundStochastically(
      weights, at: DirectionRange(seed: basis.seed, tensor: tensor, offset: offset),
      update: number)
  }
}
