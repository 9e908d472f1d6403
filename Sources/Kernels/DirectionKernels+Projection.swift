internal import CKernels
public import Tensors

/// Projecting gradients onto all directions: the transpose of moving weights along them.
///
/// Each method adds to every `sums[k]` the product of `z_k` and the gradient,
///
///     sums[k] += Σ_j z_k[j] · g[j]
///
/// over consecutive elements `j` of a tensor. `gradient` is contiguous, and its elements, row by row,
/// follow each other in the tensor; `sums` has shape `(1, K)`. The bits do not depend on the
/// instruction set. They do depend on how a tensor is cut into ranges, except for ranges that cut no
/// block and are projected in ascending order.
///
/// The sums are binary32, and errors grow with the number of terms that are added one by one. So whoever
/// adds up many tiles should let each tile, or a few, add to zeros, and add those sums in binary64, in
/// an order that does not depend on threads.
///
/// Source: Documentation/Directions.md, section 5.
extension DirectionKernels {
  /// Adds the projection onto the directions of the basis `hadamard`.
  ///
  /// - Precondition: `sums` has a power of two of columns, from 2 to 65536.
  /// - Complexity: O(n log K) for n elements. A range that begins or ends inside a block of K elements
  ///   costs as much as the whole block.
  public func projectHadamard(
    _ gradient: Matrix, at range: DirectionRange, addingTo sums: Matrix
  ) {
    Self.checkHadamard(candidateCount: sums.columnCount)
    unsafe project(table.directions.project_hadamard, gradient, range, sums)
  }

  /// Adds the projection onto the directions of the basis `rademacher`.
  ///
  /// - Precondition: `sums` has at most 65536 columns.
  /// - Complexity: O(n·K) for n elements: for small K only.
  public func projectRademacher(
    _ gradient: Matrix, at range: DirectionRange, addingTo sums: Matrix
  ) {
    unsafe project(table.directions.project_rademacher, gradient, range, sums)
  }

  /// Adds the projection onto the directions of the basis `gaussian`.
  ///
  /// - Precondition: `sums` has at most 65536 columns.
  /// - Complexity: O(n·K) for n elements: for small K only.
  public func projectGaussian(
    _ gradient: Matrix, at range: DirectionRange, addingTo sums: Matrix
  ) {
    unsafe project(table.directions.project_gaussian, gradient, range, sums)
  }

  private typealias Projection =
    @convention(c) (
      UnsafeMutablePointer<Float>?, Int, UnsafePointer<Float>?, UnsafePointer<ck_range>?
    ) -> Void

  private func project(
    _ kernel: Projection?, _ gradient: Matrix, _ range: DirectionRange, _ sums: Matrix
  ) {
    guard let kernel = unsafe kernel else { preconditionFailure("the kernel table has a gap") }
    precondition(sums.rowCount == 1, "\(sums.rowCount) rows of sums")
    Self.checkCandidates(sums.columnCount)
    var range = range.kernelRange(of: gradient)
    // SAFETY: `gradient` holds range.count elements and `sums` one for each candidate; both outlive the
    // call.
    unsafe gradient.withUnsafeMutablePointer { gradient in
      unsafe sums.withUnsafeMutablePointer { unsafe kernel($0, sums.columnCount, gradient, &range) }
    }
  }
}
