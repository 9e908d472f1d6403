public import Bytes
public import Kernels
public import Tensors

/// Writes a safetensors file.
public final class SafetensorsWriter: TensorWriter {
  /// The tensors of the file.
  public let parameters: ParameterMap

  /// The size of the file.
  public let byteCount: Int

  private let types: [ElementType]
  /// Where the elements of each tensor begin in the file.
  private let starts: [Int]
  private let file: AtomicFile
  private let kernels: StorageKernels
  private let writtenRows: WrittenRows

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - types: How the elements of each tensor are stored, in the order of `parameters`.
  ///   - metadata: The texts under `__metadata__`; `transformers` wants `format` to be `pt`.
  /// - Throws: ``FileError`` if the file cannot be created or the disk has no room for it.
  /// - Precondition: Every type is storable, and one of the format's.
  public init(
    path: String, parameters: ParameterMap, types: [ElementType],
    metadata: [String: String] = ["format": "pt"], instructionSet: InstructionSet = .best
  ) throws(FileError) {
    precondition(types.count == parameters.count, "\(types.count) types of \(parameters.count)")
    precondition(
      types.allSatisfy { $0.isStorable && $0.safetensorsName != nil }, "\(types)")
    let layout = SafetensorsLayout(parameters, types, metadata)
    self.parameters = parameters
    self.types = types
    starts = layout.starts
    byteCount = layout.byteCount
    kernels = StorageKernels(instructionSet)
    writtenRows = WrittenRows(of: parameters)
    file = try AtomicFile(path: path)
    try file.reserve(byteCount: layout.byteCount)
    try file.write(layout.header, at: 0)
  }

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
    try writtenRows.add(matrix, at: firstRow, of: tensor) { () throws(FileError) in
      let bytesPerRow = matrix.columnCount * types[tensor].bytesPerBlock
      var bytes = [UInt8](repeating: 0, count: matrix.rowCount * bytesPerRow)
      kernels.store(matrix, as: types[tensor], into: &bytes)
      try file.write(bytes, at: starts[tensor] + firstRow * bytesPerRow)
    }
  }

  /// Makes the file durable and gives it its path.
  ///
  /// - Throws: ``FileError`` if a step fails.
  /// - Precondition: Every row of every tensor was written once.
  public func finish() throws(FileError) {
    writtenRows.checkComplete()
    try file.commit()
  }
}

/// Where the parts of a safetensors file are.
private struct SafetensorsLayout {
  /// The size of the header, then the header.
  var header: [UInt8] = []
  /// Where the elements of each tensor begin in the file.
  var starts: [Int]
  /// The size of the file.
  var byteCount = 0

  init(_ parameters: ParameterMap, _ types: [ElementType], _ metadata: [String: String]) {
    // Wider elements first, then by name, like the reference: every tensor is aligned.
    let order = parameters.parameters.indices.sorted {
      (-types[$0].bytesPerBlock, $0) < (-types[$1].bytesPerBlock, $1)
    }
    starts = [Int](repeating: 0, count: parameters.count)
    var end = 0
    let texts = CanonicalJSON.object(metadata.mapValues(CanonicalJSON.string))
    var entries = ["\"__metadata__\":\(texts)"]
    for index in order {
      let parameter = parameters[index]
      let begin = end
      starts[index] = begin
      end += parameter.elementCount * types[index].bytesPerBlock
      entries.append(
        """
        \(CanonicalJSON.string(parameter.name)):{"dtype":"\(types[index].safetensorsName ?? "")",\
        "shape":[\(parameter.shape.map(String.init).joined(separator: ","))],\
        "data_offsets":[\(begin),\(end)]}
        """)
    }
    var text = Array("{\(entries.joined(separator: ","))}".utf8)
    text.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8))
    var writer = ByteWriter(capacity: 8 + text.count)
    writer.append(UInt64(text.count))
    writer.append(text)
    header = writer.bytes
    starts = starts.map { $0 + header.count }
    byteCount = header.count + end
  }
}
