internal import Bytes
internal import Synchronization
internal import Tensors

/// Counts the rows that a file has been given, so that none is left out.
struct WrittenRows: ~Copyable, Sendable {
  private let parameters: ParameterMap
  private let counts: Mutex<[Int]>

  init(of parameters: ParameterMap) {
    self.parameters = parameters
    counts = Mutex([Int](repeating: 0, count: parameters.count))
  }

  /// Calls `write`, and then counts the rows of `matrix`, which are rows `firstRow...` of a tensor.
  ///
  /// - Throws: What `write` throws; the rows are not counted then.
  /// - Precondition: The rows exist, and `matrix` has the tensor's number of columns.
  func add(
    _ matrix: Matrix, at firstRow: Int, of tensor: Int, _ write: () throws(FileError) -> Void
  ) throws(FileError) {
    let parameter = parameters[tensor]
    precondition(
      firstRow >= 0 && firstRow + matrix.rowCount <= parameter.rowCount
        && matrix.columnCount == parameter.columnCount,
      "(\(matrix.rowCount), \(matrix.columnCount)) to row \(firstRow) of \(parameter)")
    try write()
    counts.withLock { $0[tensor] += matrix.rowCount }
  }

  /// - Precondition: Every row of every tensor was counted once.
  func checkComplete() {
    for (count, parameter) in zip(counts.withLock(\.self), parameters.parameters) {
      precondition(
        count == parameter.rowCount,
        "\(count) of \(parameter.rowCount) rows of \(parameter.name) were written")
    }
  }
}
