public import Bytes
public import Kernels
internal import Synchronization
public import Tensors

/// Writes a file of tensors, rows at a time, in memory that does not grow with the model.
///
/// Rows come in the Hugging Face layout, in any order and from several threads. The file appears at
/// its path only when ``finish()`` finds it complete.
public protocol TensorWriter: Sendable {
  /// The tensors of the file.
  var parameters: ParameterMap { get }

  /// The path the file will have.
  var path: String { get }

  /// The size of the file.
  var byteCount: Int { get }

  /// Writes the rows of `matrix` as rows `firstRow...` of a tensor, rounded to its element type.
  ///
  /// - Parameter tensor: The tensor's index in ``parameters``.
  /// - Throws: ``FileError`` if the system cannot write them.
  /// - Precondition: The rows exist; `matrix` is contiguous and has the tensor's number of columns.
  func write(_ matrix: Matrix, toRow firstRow: Int, of tensor: Int) throws(FileError)

  /// Makes the file durable and gives it its path.
  ///
  /// - Throws: ``FileError`` if a step fails.
  /// - Precondition: Every row of every tensor was written once.
  func finish() throws(FileError)
}

extension WeightSource {
  /// Writes all weights, tile by tile, and finishes the file.
  ///
  /// - Parameters:
  ///   - writer: Has the tensors of this source.
  ///   - onProgress: Called with the number of weights written; from any thread.
  /// - Throws: ``FileError`` if the system cannot write them; nothing is left behind then.
  /// - Complexity: Each weight is loaded once; memory of some megabytes a thread.
  public func write(
    to writer: some TensorWriter, threads: Threads, onProgress: @Sendable (Int) -> Void = { _ in }
  ) throws(FileError) {
    precondition(parameters == writer.parameters, "the file has other tensors")
    let failure = Mutex<FileError?>(nil)
    let tiles = parameters.parameters.indices.flatMap { tensor in
      rowRanges(of: parameters[tensor]).map { (tensor: tensor, rows: $0) }
    }
    threads.forEach(tiles.count) { index in
      guard failure.withLock({ $0 == nil }) else { return }
      let (tensor, rows) = tiles[index]
      let tile = Matrix(rows: rows.count, columns: parameters[tensor].columnCount)
      load(rows, of: tensor, into: tile)
      do throws(FileError) {
        try writer.write(tile, toRow: rows.lowerBound, of: tensor)
      } catch { failure.withLock { $0 = error } }
      onProgress(rows.count * tile.columnCount)
    }
    if let error = failure.withLock({ $0 }) { throw error }
    try writer.finish()
  }

  /// Returns ranges of rows of about a million weights.
  private func rowRanges(of parameter: Parameter) -> [Range<Int>] {
    let size = max(1, (1 << 20) / parameter.columnCount)
    return stride(from: 0, to: parameter.rowCount, by: size).map {
      $0..<min($0 + size, parameter.rowCount)
    }
  }
}
