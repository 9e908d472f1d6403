public import Bytes
public import Kernels
public import Tensors

/// The weights of a model, mapped read-only from its files.
///
/// Opening reads headers only. Loading dequantises straight from the mapping; nothing is copied or
/// kept. This type knows names, shapes and row orders; the architecture is the business of others.
public struct WeightStore: WeightSource {
  /// The format of the model on disk.
  public enum Format: String, Sendable {
    case gguf
    case safetensors
  }

  /// The path of the model: the GGUF file, of several the one that was named, or the folder.
  public let path: String

  /// What was taken for the model, in words for the user, if it is not what was named.
  public let note: String?

  /// The format of the model on disk.
  public let format: Format

  /// What the model says about itself.
  public let metadata: ModelMetadata

  /// The trainable tensors and their order.
  public let parameters: ParameterMap

  /// The tensors in the files that are not parameters.
  public let excluded: [ExcludedTensor]

  /// The weight files, sorted by name.
  public let files: [MappedFile]

  private let views: [TensorView]

  /// What loads the weights.
  public var context: ComputeContext

  /// Opens the GGUF file or the Hugging Face folder at `path`, or the model that a file in a folder
  /// belongs to; see ``note``.
  ///
  /// - Parameter naming: Chooses the names of the model's tensors by what it says about itself.
  /// - Throws: ``WeightsError`` if a file cannot be read or used, or a parameter has an element type
  ///   that the kernels do not know; and what `naming` throws.
  public static func open(
    path: String, context: ComputeContext = ComputeContext(),
    naming: (ModelMetadata) throws(WeightsError) -> TensorNaming
  ) throws(WeightsError) -> WeightStore {
    let location = try ModelLocation(path)
    let contents =
      switch location.kind {
      case .folder: try ModelContents(folder: location.path, naming: naming)
      case .gguf: try ModelContents(gguf: location.path, naming: naming)
      }
    return try WeightStore(location, contents, context)
  }

  private init(
    _ location: ModelLocation, _ contents: ModelContents, _ context: ComputeContext
  ) throws(WeightsError) {
    guard !contents.views.isEmpty else {
      throw .format(
        FormatError(
          path: location.path, kind: .missing, place: "tensors", found: "none", expected: "weights")
      )
    }
    path = location.path
    note = location.note
    self.context = context
    format = contents.format
    metadata = contents.metadata
    files = contents.files
    excluded = contents.excluded.sorted { $0.name < $1.name }
    parameters = ParameterMap(contents.views.map(\.parameter))
    views = contents.views.sorted {
      $0.parameter.name.utf8.lexicographicallyPrecedes($1.parameter.name.utf8)
    }
  }

  /// The number of bytes of the weight files, all of them mapped.
  public var mappedByteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// Returns the stored form of the tensor at `index` in ``parameters``.
  public func view(of index: Int) -> TensorView { views[index] }

  /// Writes rows `rows` of a tensor, dequantised, to `tile`.
  ///
  /// - Precondition: The rows exist, and `tile` is contiguous and has their shape.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    let view = views[tensor]
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= view.parameter.rowCount
        && tile.rowCount == rows.count && tile.columnCount == view.parameter.columnCount,
      "rows \(rows) of \(view.parameter) into (\(tile.rowCount), \(tile.columnCount))")
    context.clock.measure(.dequantise) { load(rows, of: view, into: tile) }
  }

  private func load(_ rows: Range<Int>, of view: TensorView, into tile: Matrix) {
    switch view.layout {
    case .plain, .plusOne:
      let slice = view.stored(rows.lowerBound, count: rows.count)
      context.storage.load(slice.bytes, as: view.type, into: tile)
      if view.layout == .plusOne { subtractOne(from: tile) }
    case .transposed: loadColumns(rows, of: view, into: tile)
    case .interleaved, .ungrouped: loadReordered(rows, of: view, into: tile)
    }
  }

  private func subtractOne(from tile: Matrix) {
    for row in 0..<tile.rowCount {
      for column in 0..<tile.columnCount { tile[row, column] -= 1 }
    }
  }

  private func loadReordered(_ rows: Range<Int>, of view: TensorView, into tile: Matrix) {
    guard view.parameter.shape.count > 1 else {
      let stored = Matrix(rows: 1, columns: tile.columnCount)
      context.storage.load(view.stored(0, count: 1).bytes, as: view.type, into: stored)
      for column in 0..<tile.columnCount {
        tile[0, column] = stored[0, view.layout.storedRow(column)]
      }
      return
    }
    for (index, row) in rows.enumerated() {
      let target = tile.rows(index..<index + 1)
      context.storage.load(view.bytes(ofRow: row).bytes, as: view.type, into: target)
    }
  }

  /// Loads `rows`, which are columns in the file: of each stored row the blocks that hold them.
  private func loadColumns(_ rows: Range<Int>, of view: TensorView, into tile: Matrix) {
    let block = view.type.elementsPerBlock
    let blocks = rows.lowerBound / block..<(rows.upperBound + block - 1) / block
    let part = Matrix(rows: 1, columns: blocks.count * block)
    for column in 0..<tile.columnCount {
      context.storage.load(
        view.stored(column, blocks: blocks).bytes, as: view.type, into: part)
      for row in 0..<rows.count {
        tile[row, column] = part[0, rows.lowerBound - blocks.lowerBound * block + row]
      }
    }
  }

  /// Returns the elements of the tensor `name` that is no parameter, or `nil` if there is none or they
  /// say nothing of the model.
  public func excludedElements(_ name: String) -> [Float]? {
    excluded.first { $0.name == name }?.elements
  }
}
