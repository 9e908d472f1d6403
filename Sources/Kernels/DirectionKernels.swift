internal import CKernels
public import Tensors

/// One term `coefficient · z_candidate` of a sum of directions.
public struct DirectionTerm: Sendable, Equatable {
  /// The candidate's index `k`.
  public let candidate: Int
  /// What the direction is multiplied by.
  public let coefficient: Float

  /// Creates the term `coefficient · z_candidate`.
  ///
  public init(candidate: Int, coefficient: Float) {
    self.candidate = candidate
    self.coefficient = coefficient
  }

  fileprivate var kernelTerm: ck_term {
    ck_term(candidate: UInt32(candidate), coefficient: coefficient)
  }
}

/// The sum `Σ A_k z_k` of all directions of a basis, in the form the kernels read.
///
/// Made once whenever `A` changes and used for every tile.
public struct DirectionSum: Sendable {
  private let coefficients: [Float]
  private let terms: [ck_term]

  /// Creates the sum with the coefficients `A`, shape `(K)`.
  ///
  /// Zeros take no part in it, except inside a Hadamard transform.
  public init(_ coefficients: [Float]) {
    self.coefficients = coefficients
    terms = coefficients.indices.filter { coefficients[$0] != 0 }.map {
      ck_term(candidate: UInt32($0), coefficient: coefficients[$0])
    }
  }

  /// The number of candidates `K`.
  public var candidateCount: Int { coefficients.count }

  /// Whether every coefficient is zero, so that the sum moves nothing.
  public var isZero: Bool { terms.isEmpty }

  fileprivate func withKernelSum(_ body: (ck_combination) -> Void) {
    // SAFETY: both arrays outlive the call of `body`.
    unsafe coefficients.withUnsafeBufferPointer { coefficients in
      unsafe terms.withUnsafeBufferPointer { terms in
        unsafe body(
          ck_combination(
            coefficients: coefficients.baseAddress, candidate_count: coefficients.count,
            terms: terms.baseAddress, term_count: terms.count))
      }
    }
  }
}

/// Where a range of weights lies: the name of its random numbers.
public struct DirectionRange: Sendable, Equatable {
  /// The seed of the basis.
  public let seed: UInt64
  /// The index of the tensor in the order of parameters.
  public let tensor: Int
  /// The row-major index of the first element.
  public let offset: Int

  /// Creates the place of the elements of `tensor` from `offset` on.
  public init(seed: UInt64, tensor: Int, offset: Int) {
    self.seed = seed
    self.tensor = tensor
    self.offset = offset
  }

  /// Returns the range of the elements of `matrix` in the form the kernels read.
  ///
  /// - Precondition: `matrix` is contiguous, and a tensor may have so many elements.
  func kernelRange(of matrix: Matrix) -> ck_range {
    let count = matrix.rowCount * matrix.columnCount
    precondition(matrix.isContiguous, "the matrix has a stride of \(matrix.rowStride)")
    // Block indices are words of the counter.
    precondition(
      offset >= 0 && offset + count <= 1 << 33,
      "elements \(offset)..<\(offset + count) of a tensor")
    return ck_range(seed: seed, first: UInt64(offset), count: count, tensor: UInt32(tensor))
  }
}

/// Moves weights along the directions of a basis, with the kernels of one instruction set.
///
/// Each method replaces the weights `w0` in `plus` by
///
///     w = w0 - Σ A_k z_k
///
/// and, given a perturbation `ε z_k`, puts `w + ε z_k` into `plus` and `w - ε z_k` into `minus`, which
/// may be missing. Both matrices are contiguous and of one shape, and their elements, row by row,
/// follow each other in the tensor. The bits do not depend on the instruction set, nor on how a tensor
/// is cut into ranges.
///
/// Source: Documentation/Directions.md specifies every operation and its order.
public struct DirectionKernels: Sendable {
  let table: KernelTable

  /// Takes the kernels for `instructionSet`.
  ///
  /// - Precondition: This machine can execute it.
  public init(_ instructionSet: InstructionSet) { table = KernelTable(instructionSet) }

  /// Moves weights along directions of the basis `hadamard`.
  ///
  /// - Precondition: `sum` has a power of two of candidates, at least 2.
  /// - Complexity: O(n log K) for n weights, or O(n) if `sum` is zero. A range that begins or ends
  ///   inside a block of K elements costs as much as the whole block.
  public func hadamard(
    _ plus: Matrix, _ minus: Matrix?, at range: DirectionRange, subtracting sum: DirectionSum,
    perturbation: DirectionTerm?
  ) {
    let count = sum.candidateCount
    Self.checkHadamard(candidateCount: count)
    unsafe run(table.directions.hadamard, plus, minus, range, sum, perturbation)
  }

  /// Moves weights along directions of the basis `rademacher`.
  ///
  /// - Complexity: O(n·K'), with K' the number of coefficients that are not zero.
  public func rademacher(
    _ plus: Matrix, _ minus: Matrix?, at range: DirectionRange, subtracting sum: DirectionSum,
    perturbation: DirectionTerm?
  ) {
    unsafe run(table.directions.rademacher, plus, minus, range, sum, perturbation)
  }

  /// Moves weights along directions of the basis `gaussian`.
  ///
  /// - Complexity: O(n·K'), with K' the number of coefficients that are not zero.
  public func gaussian(
    _ plus: Matrix, _ minus: Matrix?, at range: DirectionRange, subtracting sum: DirectionSum,
    perturbation: DirectionTerm?
  ) {
    unsafe run(table.directions.gaussian, plus, minus, range, sum, perturbation)
  }

  /// Rounds `weights`, which follow each other in the tensor, to values that bfloat16 has.
  ///
  /// Each becomes one of its two neighbours, the nearer the likelier, so that its expectation is the
  /// value itself. Which one is a function of its place, its bits and `update` alone; a value that
  /// bfloat16 has stays as it is.
  ///
  /// Source: Documentation/Directions.md, section 4.4.
  ///
  /// - Parameter update: The number of the update after which is rounded, below 2^32.
  public func roundStochastically(_ weights: Matrix, at range: DirectionRange, update: Int) {
    guard let round = unsafe table.directions.round_bf16 else {
      preconditionFailure("the kernel table has a gap")
    }
    var range = range.kernelRange(of: weights)
    // SAFETY: the matrix is contiguous and holds range.count elements.
    unsafe weights.withUnsafeMutablePointer { unsafe round($0, &range, UInt32(update)) }
  }

  private typealias Kernel =
    @convention(c) (
      UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafePointer<ck_range>?,
      UnsafePointer<ck_combination>?, UnsafePointer<ck_term>?
    ) -> Void

  private func run(
    _ kernel: Kernel?, _ plus: Matrix, _ minus: Matrix?, _ range: DirectionRange,
    _ sum: DirectionSum, _ perturbation: DirectionTerm?
  ) {
    guard let kernel = unsafe kernel else { preconditionFailure("the kernel table has a gap") }
    check(plus, minus, sum, perturbation)
    var range = range.kernelRange(of: plus)
    unsafe sum.withKernelSum { sum in
      var sum = unsafe sum
      var term = perturbation.map(\.kernelTerm) ?? ck_term()
      // SAFETY: `check` has compared the sizes; the matrices outlive the call and are distinct.
      unsafe plus.withUnsafeMutablePointer { plus in
        unsafe withUnsafePointer(to: &term) { term in
          let term = unsafe perturbation == nil ? nil : term
          guard let minus else { return unsafe kernel(plus, nil, &range, &sum, term) }
          unsafe minus.withUnsafeMutablePointer { unsafe kernel(plus, $0, &range, &sum, term) }
        }
      }
    }
  }

  /// Checks all that the kernels rely on but the range.
  private func check(
    _ plus: Matrix, _ minus: Matrix?, _ sum: DirectionSum, _ perturbation: DirectionTerm?
  ) {
    precondition(
      plus.isContiguous && (minus ?? plus).isContiguous
        && (minus ?? plus).rowCount == plus.rowCount
        && (minus ?? plus).columnCount == plus.columnCount,
      "the two sides must be contiguous and of one shape")
    Self.checkCandidates(sum.candidateCount)
    precondition(
      perturbation.map { (0..<sum.candidateCount).contains($0.candidate) } ?? true,
      "candidate \(perturbation?.candidate ?? 0) of \(sum.candidateCount)")
  }

  static func checkCandidates(_ count: Int) {
    precondition(count <= CK_MAX_CANDIDATES, "\(count) candidates")
  }

  static func checkHadamard(candidateCount count: Int) {
    precondition(count >= 2 && count.nonzeroBitCount == 1, "hadamard with \(count) candidates")
  }
}
