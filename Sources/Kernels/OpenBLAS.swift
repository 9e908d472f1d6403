internal import COpenBLAS
public import Tensors

/// Matrix products, by OpenBLAS.
///
/// Every product runs on the thread that asks for it: our own ``Threads`` split tiles, so that a
/// result does not depend on the number of threads. ``useOneThread()`` must have been called.
public enum OpenBLAS {
  /// Writes `x · wᵀ` to `y`, or adds it.
  ///
  /// - Parameters:
  ///   - x: Shape `(m, k)`.
  ///   - w: Shape `(n, k)`: a tile of weight rows.
  ///   - y: Shape `(m, n)`; overlaps neither `x` nor `w`.
  ///   - adding: Whether the product is added to `y`.
  public static func multiply(
    _ x: Matrix, transposed w: Matrix, into y: Matrix, adding: Bool = false
  ) {
    precondition(x.columnCount == w.columnCount && x.rowCount == y.rowCount)
    precondition(w.rowCount == y.columnCount)
    product(x, w, transposingW: true, into: y, adding: adding)
  }

  /// Writes `x · w` to `y`, or adds it.
  ///
  /// - Parameters:
  ///   - x: Shape `(m, k)`.
  ///   - w: Shape `(k, n)`.
  ///   - y: Shape `(m, n)`; overlaps neither `x` nor `w`.
  ///   - adding: Whether the product is added to `y`.
  public static func multiply(_ x: Matrix, _ w: Matrix, into y: Matrix, adding: Bool = false) {
    precondition(x.columnCount == w.rowCount && x.rowCount == y.rowCount)
    precondition(w.columnCount == y.columnCount)
    product(x, w, into: y, adding: adding)
  }

  /// Writes `xᵀ · w` to `y`, or adds it: the gradient of weights, with `x` that of their results.
  ///
  /// - Parameters:
  ///   - x: Shape `(k, m)`.
  ///   - w: Shape `(k, n)`.
  ///   - y: Shape `(m, n)`; overlaps neither `x` nor `w`.
  ///   - adding: Whether the product is added to `y`.
  public static func multiply(
    transposed x: Matrix, _ w: Matrix, into y: Matrix, adding: Bool = false
  ) {
    precondition(x.rowCount == w.rowCount && x.columnCount == y.rowCount)
    precondition(w.columnCount == y.columnCount)
    product(x, transposingX: true, w, into: y, adding: adding)
  }

  private static func product(
    _ x: Matrix, transposingX: Bool = false, _ w: Matrix, transposingW: Bool = false,
    into y: Matrix, adding: Bool
  ) {
    let depth = Int32(transposingX ? x.rowCount : x.columnCount)
    // SAFETY: the callers check the shapes; views keep their memory alive during the call.
    unsafe x.withUnsafeMutablePointer { a in
      unsafe w.withUnsafeMutablePointer { b in
        unsafe y.withUnsafeMutablePointer { c in
          unsafe cblas_sgemm(
            CblasRowMajor, transposingX ? CblasTrans : CblasNoTrans,
            transposingW ? CblasTrans : CblasNoTrans, Int32(y.rowCount), Int32(y.columnCount),
            depth, 1, a, leading(x), b, leading(w), adding ? 1 : 0, c, leading(y))
        }
      }
    }
  }

  /// BLAS wants a leading dimension of at least the number of columns, also for a single row.
  private static func leading(_ matrix: Matrix) -> Int32 {
    Int32(max(matrix.rowStride, matrix.columnCount, 1))
  }

  /// Makes every product run on its caller's thread.
  ///
  /// Call once, before the first product.
  public static func useOneThread() { openblas_set_num_threads(1) }

  /// Makes every thread of a team multiply once, so that OpenBLAS reserves its buffers now.
  ///
  /// It waits without end for a buffer that the system refuses later.
  package static func reserveBuffers(threads: Threads) {
    threads.forEach(8 * threads.count) { _ in
      let matrix = Matrix(rows: 256, columns: 256)
      multiply(matrix, transposed: matrix, into: Matrix(rows: 256, columns: 256))
    }
  }

  /// The number of threads OpenBLAS would use for one product.
  public static var threadCount: Int { Int(openblas_get_num_threads()) }

  /// The name of the kernels in use, such as `Haswell` or `SkylakeX`.
  public static var coreName: String {
    guard let name = unsafe openblas_get_corename() else { return "unknown" }
    return unsafe String(cString: name)
  }

  /// The version and the build options of the library.
  public static var configuration: String {
    guard let text = unsafe openblas_get_config() else { return "unknown" }
    return unsafe String(cString: text)
  }

  /// How the library itself would use threads: `none`, `pthreads` or `OpenMP`.
  public static var threading: String {
    switch openblas_get_parallel() {
    case 0: "none"
    case 1: "pthreads"
    default: "OpenMP"
    }
  }
}
