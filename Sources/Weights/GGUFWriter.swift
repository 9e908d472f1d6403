public import Bytes
public import Kernels
public import Tensors

/// A metadata value that ``GGUFWriter`` writes.
public enum GGUFField: Sendable, Equatable {
  /// A `uint32`.
  case unsigned(UInt32)
  /// A `float32`.
  case float(Float)
  /// A `string`.
  case text(String)
}

/// Writes a GGUF file of architecture `llama`, rows at a time, in memory that does not grow with the
/// model.
///
/// Rows come in the Hugging Face layout, in any order and from several threads; the writer renames
/// tensors and permutes the rows of queries and keys as llama.cpp wants them. The file appears at its
/// path only when ``finish()`` finds it complete.
public final class GGUFWriter: Sendable {
  /// The types that matrices can be written in.
  public static let storableTypes = StorageKernels.storableTypes + BlockQuantizer.types

  /// The tensors of the file.
  public let parameters: ParameterMap

  private let layout: GGUFLayout
  private let file: AtomicFile
  private let kernels: StorageKernels
  private let writtenRows: WrittenRows

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - metadata: The key-value pairs, in the order of the file.
  ///   - parameters: The tensors of a Llama model, by their canonical names.
  ///   - matrixType: How matrices are stored; vectors are f32, as in every file of llama.cpp.
  ///   - headSize: The number of rows of queries and keys that a head has.
  /// - Throws: ``WeightsError`` if rows do not fill whole blocks, the file cannot be created or the disk
  ///   has no room for it.
  /// - Precondition: `matrixType` is one of ``storableTypes``.
  public init(
    path: String, metadata: [(key: String, value: GGUFField)], parameters: ParameterMap,
    matrixType: ElementType, headSize: Int, instructionSet: InstructionSet = .best
  ) throws(WeightsError) {
    precondition(Self.storableTypes.contains(matrixType), "\(matrixType)")
    self.parameters = parameters
    do {
      layout = try GGUFLayout(path, metadata, parameters, matrixType, headSize: headSize)
    } catch { throw .format(error) }
    kernels = StorageKernels(instructionSet)
    writtenRows = WrittenRows(of: parameters)
    do {
      file = try AtomicFile(path: path)
      try file.reserve(byteCount: layout.byteCount)
      try file.write(layout.header, at: 0)
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
      switch place.rowOrder {
      case .plain: try write(matrix, toRow: firstRow, at: place)
      case .interleaved:
        for row in 0..<matrix.rowCount {
          try write(
            matrix.rows(row..<row + 1), toRow: place.rowOrder.storedRow(firstRow + row), at: place)
        }
      }
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
    if BlockQuantizer.types.contains(type) {
      return BlockQuantizer.encode(matrix.elements, as: type)
    }
    let count = matrix.rowCount * matrix.columnCount
    var bytes = [UInt8](repeating: 0, count: count * type.bytesPerBlock)
    kernels.store(matrix, as: type, into: &bytes)
    return bytes
  }
}
