public import Bytes
public import Kernels
internal import Synchronization
public import Tensors

/// Writes a GGUF file; the writer renames tensors and orders their rows as `naming` says.
public final class GGUFWriter: TensorWriter {
  /// The tensors of the file.
  public let parameters: ParameterMap

  private let layout: GGUFLayout
  private let file: AtomicFile
  private let kernels: StorageKernels
  private let writtenRows: WrittenRows
  /// What has come of tensors whose rows are columns in the file.
  private let transposed = Mutex<[Int: (stored: Matrix, missing: Int)]>([:])

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - metadata: The key-value pairs, in the order of the file.
  ///   - parameters: The tensors of a model, by their canonical names.
  ///   - matrixType: How matrices are stored; vectors are f32, as in every file of llama.cpp.
  ///   - naming: The names of the tensors in the file.
  ///   - vectors: Tensors that are no parameters, by their names in the file, in f32.
  /// - Throws: ``WeightsError`` if rows do not fill whole blocks, the architecture has no such tensor,
  ///   the file cannot be created or the disk has no room for it.
  /// - Precondition: `matrixType` is storable.
  public init(
    path: String, metadata: [(key: String, value: GGUFField)], parameters: ParameterMap,
    matrixType: ElementType, naming: TensorNaming,
    vectors: [(name: String, elements: [Float])] = [], instructionSet: InstructionSet = .best
  ) throws(WeightsError) {
    precondition(matrixType.isStorable, "\(matrixType)")
    self.parameters = parameters
    do {
      layout = try GGUFLayout(path, metadata, parameters, matrixType, naming, vectors)
    } catch { throw .format(error) }
    kernels = StorageKernels(instructionSet)
    writtenRows = WrittenRows(of: parameters)
    do {
      file = try AtomicFile(path: path)
      try file.reserve(byteCount: layout.byteCount)
      try file.write(layout.header, at: 0)
      for (vector, start) in zip(vectors, layout.vectorStarts) {
        try file.write(encode(Matrix(row: vector.elements), as: .f32), at: start)
      }
    } catch { throw .file(error) }
  }

  /// The size of the file.
  public var byteCount: Int { layout.byteCount }

  /// The path the file will have.
  public var path: String { file.path }

  /// Writes the rows of `matrix` as rows `firstRow...` of a tensor, rounded to its element type.
  ///
  /// - Parameter tensor: The tensor's index in ``parameters``.
  /// - Throws: ``FileError`` if the system cannot write them.
  /// - Precondition: The rows exist; `matrix` is contiguous and has the tensor's number of columns.
  public func write(
    _ matrix: Matrix, toRow firstRow: Int, of tensor: Int
  ) throws(FileError) {
    let place = layout.places[tensor]
    try writtenRows.add(matrix, at: firstRow, of: tensor) { () throws(FileError) in
      switch place.layout {
      case .plain: try write(matrix, toRow: firstRow, at: place)
      case .plusOne:
        try write(matrix.mapped { $0 + 1 }, toRow: firstRow, at: place)
      case .transposed:
        if let whole = collect(matrix, firstRow, of: tensor) {
          try write(whole, toRow: 0, at: place)
        }
      case .interleaved, .ungrouped: try writeReordered(matrix, firstRow, at: place, of: tensor)
      }
    }
  }

  private func writeReordered(
    _ matrix: Matrix, _ firstRow: Int, at place: GGUFLayout.Place, of tensor: Int
  ) throws(FileError) {
    guard parameters[tensor].shape.count > 1 else {
      let stored = Matrix(rows: 1, columns: matrix.columnCount)
      for column in 0..<matrix.columnCount {
        stored[0, place.layout.storedRow(column)] = matrix[0, column]
      }
      return try write(stored, toRow: 0, at: place)
    }
    for row in 0..<matrix.rowCount {
      try write(
        matrix.rows(row..<row + 1), toRow: place.layout.storedRow(firstRow + row), at: place)
    }
  }

  /// Takes rows of a tensor whose rows are columns in the file, and returns the tensor as the file has it
  /// when they are all there: blocks of its rows may need them all.
  private func collect(_ rows: Matrix, _ firstRow: Int, of tensor: Int) -> Matrix? {
    let parameter = parameters[tensor]
    return transposed.withLock { tensors in
      let found = tensors[tensor]
      let stored =
        found?.stored ?? Matrix(rows: parameter.columnCount, columns: parameter.rowCount)
      for row in 0..<rows.rowCount {
        for column in 0..<rows.columnCount { stored[column, firstRow + row] = rows[row, column] }
      }
      let missing = (found?.missing ?? parameter.rowCount) - rows.rowCount
      tensors[tensor] = missing > 0 ? (stored, missing) : nil
      return missing > 0 ? nil : stored
    }
  }

  private func write(
    _ matrix: Matrix, toRow row: Int, at place: GGUFLayout.Place
  ) throws(FileError) {
    try file.write(encode(matrix, as: place.type), at: place.start + row * place.bytesPerRow)
  }

  /// Makes the file durable and gives it its path.
  ///
  /// - Throws: ``FileError`` if a step fails.
  /// - Precondition: Every row of every tensor was written once.
  public func finish() throws(FileError) {
    writtenRows.checkComplete()
    try file.commit()
  }

  private func encode(_ matrix: Matrix, as type: ElementType) -> [UInt8] {
    let count = matrix.rowCount * matrix.columnCount
    var bytes = [UInt8](repeating: 0, count: type.byteCount(elements: count) ?? 0)
    kernels.store(matrix, as: type, into: &bytes)
    return bytes
  }
}

extension Matrix {
  /// Returns a new matrix of the results of `transform`.
  fileprivate func mapped(_ transform: (Float) -> Float) -> Matrix {
    Matrix(row: elements.map(transform)).reshaped(rows: rowCount, columns: columnCount)
  }
}
