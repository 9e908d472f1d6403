internal import CKernels
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
  public static func useOneThread() { useThreads(1) }

  /// Makes every product run on `count` threads of OpenBLAS's own, from 1 to what it was built for.
  ///
  /// For comparisons: this package's threads each multiply on their own.
  public static func useThreads(_ count: Int) { openblas_set_num_threads(Int32(count)) }

  /// The address space that a thread's products need, in bytes: a buffer of OpenBLAS, which keeps it.
  public static var bufferByteCount: Int { Int(CK_BLAS_BUFFER_BYTES) }

  /// Reserves now what products on `threads` threads at once need.
  ///
  /// Call it before the first product: one that is refused its buffer later, under a limit of the
  /// operator, never ends. Untouched buffers take address space, not memory. What was reserved before
  /// counts; so whoever knows all teams that will multiply at once reserves for all of their threads.
  ///
  /// - Parameter threads: How many products run at once: the threads of all teams together.
  /// - Throws: ``OpenBLASMemoryError`` if the system has no room for so many; nothing is reserved then.
  public static func reserveBuffers(threads: Int) throws(OpenBLASMemoryError) {
    let room = ck_reserve_blas_buffers(max(threads, 0))
    guard room >= threads else {
      throw OpenBLASMemoryError(
        threads: threads, room: room, limits: OpenBLASMemoryError.currentLimits)
    }
  }

  /// The number of threads OpenBLAS would use for one product.
  public static var threadCount: Int { Int(openblas_get_num_threads()) }

  /// The name of the kernels in use, such as `Haswell` or `SkylakeX`.
  public static var coreName: String {
    // SAFETY: a constant of the library, ended by a zero; so are the next.
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
