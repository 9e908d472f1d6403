public import Kernels
import Synchronization
public import Tensors

/// A private copy of the weights, moved in place: the other way to hold a tuned model.
///
/// Costs four bytes a weight that moves, or two in bfloat16, but a step costs O(1) a weight with every
/// basis. An update takes no pass of its own: it is noted, and each part of the copy catches up when it
/// is read the next time. Tensors that the basis does not move are read from the base.
///
///     let weights = DenseWeights(copying: store, basis: basis, coefficients: start, context: context)
///     let sides = weights.perturbed(by: Perturbation(candidate: k, epsilon: 1e-3))
///     …                                        // two losses give g
///     weights.update(along: k, by: η * g)      // w := w − ηg z_k
///
/// Each update rounds, so after many of them the weights differ in their last bits from those that
/// ``rebuild(at:)`` makes from the same `A`. In bfloat16 an update is rounded stochastically, as
/// Documentation/Directions.md says in section 4.4.
public final class DenseWeights: WeightSource {
  private let base: any WeightSource
  /// The copy of each tensor; none of those that the basis does not move.
  private let tensors: [DenseTensor?]
  private let basis: SeedBasis
  private let zeroSum: DirectionSum
  private let storage: DenseStorage
  private let context: ComputeContext
  // Every update since the last rebuild, in order, as terms to add.
  private let updates = Mutex<[DirectionTerm]>([])

  /// The tensors of the base.
  public var parameters: ParameterMap { base.parameters }

  /// Copies the weights `w0 − Σ A_k z_k`.
  ///
  /// - Parameters:
  ///   - base: `w0`.
  ///   - coefficients: `A`, shape `(K)`, rounded to binary32.
  ///   - storage: The type of the copy's elements.
  ///   - context: What moves the weights; every one gives the same bits.
  public init(
    copying base: any WeightSource, basis: SeedBasis, coefficients: Coefficients,
    storage: DenseStorage = .f32, context: ComputeContext = ComputeContext()
  ) {
    self.base = base
    self.basis = basis
    self.storage = storage
    self.context = context
    zeroSum = basis.zeroSum
    tensors = zip(base.parameters.parameters, basis.moved(of: base.parameters)).map {
      $1 ? DenseTensor($0, storage, context) : nil
    }
    rebuild(at: coefficients)
  }

  /// Replaces all weights that move by `w0 − Σ A_k z_k`, rounded to nearest, and forgets all updates.
  ///
  /// Must not run while tiles are loaded.
  ///
  /// - Complexity: As ``CombinedWeights`` for each weight.
  public func rebuild(at coefficients: Coefficients) {
    let source = CombinedWeights(
      base: base, basis: basis, coefficients: coefficients, context: context)
    updates.withLock { $0 = [] }
    let parts = tensors.indices.flatMap { tensor in
      (tensors[tensor]?.chunks ?? []).map { (tensor: tensor, chunk: $0) }
    }
    context.threads.forEach(parts.count) { index in
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

  /// Returns both sides `w ± ε z_k`; they exist in the loaded tiles only.
  public func perturbed(by perturbation: Perturbation) -> PerturbedWeights {
    PerturbedWeights(
      MovedWeights(base: self, basis: basis, sum: zeroSum, context: context), by: perturbation)
  }

  /// Brings `rows` up to date and copies them to `tile`.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    guard let copy = tensors[tensor] else { return base.load(rows, of: tensor, into: tile) }
    let terms = updates.withLock { $0 }
    for chunk in copy.chunks(overlapping: rows) {
      catchUp(chunk, with: terms, tensor: tensor)
      context.clock.measure(.dequantise) { chunk.copy(rows, to: tile) }
    }
  }

  private func catchUp(_ chunk: any DenseChunk, with terms: [DirectionTerm], tensor: Int) {
    let offset = chunk.rows.lowerBound * parameters[tensor].columnCount
    chunk.update(to: terms.count) { weights, numbers in
      context.clock.measure(.basis) {
        for number in numbers {
          apply(terms[number], number, to: weights, tensor: tensor, offset: offset)
        }
      }
    }
  }

  private func apply(
    _ term: DirectionTerm, _ number: Int, to weights: Matrix, tensor: Int, offset: Int
  ) {
    basis.move(
      weights, nil, tensor: tensor, offset: offset, subtracting: zeroSum, perturbation: term,
      kernels: context.directions)
    guard storage == .bf16 else { return }
    context.directions.roundStochastically(
      weights, at: DirectionRange(seed: basis.seed, tensor: tensor, offset: offset),
      update: number)
  }
}
