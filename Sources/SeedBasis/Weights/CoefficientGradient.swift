public import Kernels
internal import Synchronization
public import Tensors

/// The gradient of a loss with respect to all coefficients, `∇_A L = −Zᵀ ∇_w L`.
///
/// A backward pass gives it the gradient of the weights tile by tile; each is projected onto the K
/// directions and forgotten, so that no gradient of full size exists. A tile is projected in binary32,
/// by the reproducible kernels; tiles add up in binary64, shard by shard, and the shards in their order.
/// So the result has the same bits for every number of threads.
///
///     let gradient = CoefficientGradient(basis, of: weights.parameters, context: context)
///     …                                  // a backward pass into `gradient`
///     let slopes = gradient.values       // K numbers
///
/// Source: w(A) = w0 − Σ A_k z_k, differentiated; Documentation/Directions.md, section 5, for Zᵀ.
public final class CoefficientGradient: GradientSink {
  private let basis: SeedBasis
  private let parameters: ParameterMap
  private let context: ComputeContext
  private let isMoved: [Bool]
  private let zeros: Matrix
  /// `Zᵀ ∇_w L` of each shard; a shard's tiles come one at a time.
  private let shards: [Shard]

  private final class Shard: Sendable {
    let sums: Mutex<[Double]>
    init(count: Int) { sums = Mutex([Double](repeating: 0, count: count)) }
  }

  /// Creates a gradient of zeros along the directions of `basis`.
  public init(_ basis: SeedBasis, of parameters: ParameterMap, context: ComputeContext) {
    self.basis = basis
    self.parameters = parameters
    self.context = context
    isMoved = basis.moved(of: parameters)
    zeros = Matrix(rows: 1, columns: basis.candidateCount)
    shards = (0..<GradientShards.count).map { _ in Shard(count: basis.candidateCount) }
  }

  /// Whether the basis moves the tensor.
  public func wants(_ tensor: Int) -> Bool { isMoved[tensor] }

  /// Projects a part of the gradient of the weights.
  ///
  /// - Complexity: O(n log K) for n elements with hadamard, O(n·K) with the other bases.
  public func add(_ gradient: Matrix, toRows rows: Range<Int>, of tensor: Int, shard: Int) {
    let count = basis.candidateCount
    context.scratch.with(elements: count) { scratch in
      let sums = scratch.reshaped(rows: 1, columns: count)
      sums.copyElements(from: zeros)
      context.clock.measure(.basis) {
        basis.project(
          gradient, tensor: tensor, of: parameters,
          offset: rows.lowerBound * parameters[tensor].columnCount, addingTo: sums,
          kernels: context.directions)
      }
      // SAFETY: both have K elements.
      shards[shard].sums.withLock { total in
        unsafe sums.withUnsafeMutablePointer { sums in
          for candidate in total.indices { total[candidate] += Double(unsafe sums[candidate]) }
        }
      }
    }
  }

  /// The slopes of the loss along all coefficients, shape `(K)`.
  ///
  /// - Complexity: O(shards · K).
  public var values: [Double] {
    var values = [Double](repeating: 0, count: basis.candidateCount)
    for shard in shards {
      let sums = shard.sums.withLock(\.self)
      for candidate in values.indices { values[candidate] -= sums[candidate] }
    }
    return values
  }
}
