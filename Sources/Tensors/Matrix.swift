internal import Glibc

/// Memory for floats, zero at first, aligned to cache lines and freed with its last matrix.
///
/// Much memory is mapped: it is zero already, and the system has it back at once. On the heap, holes
/// between what lives longer would stay.
@safe private final class FloatStorage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private let mappedByteCount: Int

  private static let leastMapped = 1 << 20

  init(count: Int) {
    let byteCount = (max(count, 1) * 4 + 63) & ~63
    mappedByteCount = byteCount < Self.leastMapped ? 0 : byteCount
    let memory = unsafe mappedByteCount == 0 ? aligned_alloc(64, byteCount) : map(byteCount)
    guard let memory = unsafe memory else { exitWithoutMemory(byteCount) }
    unsafe base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    if mappedByteCount == 0 { unsafe base.initialize(repeating: 0, count: count) }
    self.count = count
  }

  // SAFETY: the memory is what `init` got, and nobody has a pointer to it any more.
  deinit {
    if mappedByteCount == 0 { unsafe free(base) } else { unsafe munmap(base, mappedByteCount) }
  }
}

/// Returns private memory from the system, all zero, or `nil` if there is none.
private func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
  let memory = unsafe mmap(
    nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  return unsafe memory == MAP_FAILED ? nil : memory
}

/// The status of a program that ended because the system refused memory: `EX_OSERR` of `sysexits.h`.
package let exitStatusWithoutMemory: Int32 = 71

/// Ends the program with a sentence: no caller could go on, and a trap would tell nobody why.
private func exitWithoutMemory(_ byteCount: Int) -> Never {
  let text = """
    Error: no memory for \(byteCount) bytes more: the system or a limit (ulimit -d, ulimit -v, prlimit) \
    refuses them; raise the limit, or take fewer --threads, shorter or fewer examples in a step, or \
    '--mode virtual'

    """
  // SAFETY: the text outlives the call.
  _ = unsafe text.withCString { unsafe write(STDERR_FILENO, $0, strlen($0)) }
  exit(exitStatusWithoutMemory)
}

/// A row-major matrix of floats, or a rectangular part of one.
///
/// A matrix is a *view*: copies and parts share their elements, so that threads can fill disjoint
/// tiles of one result. Every access is checked against the bounds, and memory lives as long as any
/// view of it. What the type cannot check is that threads write to disjoint elements: whoever splits
/// work among threads guarantees that.
@safe public struct Matrix: @unchecked Sendable {
  private let storage: FloatStorage
  private let offset: Int

  /// The number of rows.
  public let rowCount: Int

  /// The number of columns.
  public let columnCount: Int

  /// The distance, in elements, from the start of a row to the start of the next.
  public let rowStride: Int

  private init(_ storage: FloatStorage, offset: Int, rows: Int, columns: Int, stride: Int) {
    self.storage = storage
    self.offset = offset
    rowCount = rows
    columnCount = columns
    rowStride = stride
  }

  /// Creates a matrix of zeros, shape `(rows, columns)`, aligned to 64 bytes.
  ///
  /// - Precondition: Neither dimension is negative, and the matrix has fewer than 2^60 elements.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "Matrix(\(rows), \(columns))")
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    precondition(!overflow && count < 1 << 60, "Matrix(\(rows), \(columns))")
    self.init(
      FloatStorage(count: count), offset: 0, rows: rows, columns: columns, stride: columns)
  }

  /// Creates a matrix of one row with the elements of `row`.
  public init(row: [Float]) {
    self.init(rows: 1, columns: row.count)
    for (index, value) in row.enumerated() { self[0, index] = value }
  }

  /// Whether the rows follow each other without a gap.
  public var isContiguous: Bool { rowStride == columnCount || rowCount <= 1 }

  /// Returns the view of the rows in `range`.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
    return Matrix(
      storage, offset: offset + range.lowerBound * rowStride, rows: range.count,
      columns: columnCount, stride: rowStride)
  }

  /// Returns the view of the columns in `range`.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columnCount,
      "columns \(range) of \(columnCount)")
    return Matrix(
      storage, offset: offset + range.lowerBound, rows: rowCount, columns: range.count,
      stride: rowStride)
  }

  /// Returns the view of the first `rows * columns` elements as a matrix of that shape.
  ///
  /// Lets one scratch buffer hold tiles of many shapes.
  ///
  /// - Precondition: The matrix is contiguous and large enough.
  public func reshaped(rows: Int, columns: Int) -> Matrix {
    precondition(
      isContiguous && rows >= 0 && columns >= 0 && rows * columns <= rowCount * columnCount,
      "reshape (\(rowCount), \(columnCount)) to (\(rows), \(columns))")
    return Matrix(storage, offset: offset, rows: rows, columns: columns, stride: columns)
  }

  /// The element at `row` and `column`.
  public subscript(row: Int, column: Int) -> Float {
    get {
      checkIndex(row, column)
      // SAFETY: the check keeps the index inside the view, and the view inside its storage.
      return unsafe storage.base[offset + row * rowStride + column]
    }
    nonmutating set {
      checkIndex(row, column)
      // SAFETY: as above.
      unsafe storage.base[offset + row * rowStride + column] = newValue
    }
  }

  private func checkIndex(_ row: Int, _ column: Int) {
    precondition(
      row >= 0 && row < rowCount && column >= 0 && column < columnCount,
      "index (\(row), \(column)) of (\(rowCount), \(columnCount))")
  }

  /// The elements, row by row.
  ///
  /// - Complexity: O(`rowCount * columnCount`): the elements are copied.
  public var elements: [Float] {
    var result: [Float] = []
    result.reserveCapacity(rowCount * columnCount)
    // SAFETY: each row covers `columnCount` elements of the view.
    unsafe withUnsafeMutablePointer { base in
      for row in 0..<rowCount {
        unsafe result.append(
          contentsOf: UnsafeBufferPointer(start: base + row * rowStride, count: columnCount))
      }
    }
    return result
  }

  /// Calls `body` with a pointer to the first element; row `r` begins `r * rowStride` elements later.
  ///
  /// For calls of C kernels only.
  package func withUnsafeMutablePointer<R>(
    _ body: (UnsafeMutablePointer<Float>) -> R
  ) -> R {
    // SAFETY: `storage` outlives the call; the view lies inside it by construction.
    unsafe body(storage.base + offset)
  }
}

extension Matrix {
  /// Returns a matrix of its own with the same elements.
  public func copy() -> Matrix {
    let copy = Matrix(rows: rowCount, columns: columnCount)
    copy.copyElements(from: self)
    return copy
  }

  /// Writes the elements of `other` to this view.
  ///
  /// - Precondition: Both have the same shape; they do not overlap.
  public func copyElements(from other: Matrix) {
    precondition(
      rowCount == other.rowCount && columnCount == other.columnCount,
      "copy (\(other.rowCount), \(other.columnCount)) to (\(rowCount), \(columnCount))")
    // SAFETY: both pointers cover their views, whose shapes are equal.
    unsafe withUnsafeMutablePointer { target in
      unsafe other.withUnsafeMutablePointer { source in
        for row in 0..<rowCount {
          unsafe (target + row * rowStride).update(
            from: source + row * other.rowStride, count: columnCount)
        }
      }
    }
  }
}
