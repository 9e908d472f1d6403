internal import Bytes
internal import Tensors

extension GGUFFile {
  /// Maps the file at `path` and reads its header.
  ///
  /// - Throws: ``WeightsError`` if the file cannot be read or is no valid GGUF file.
  public static func open(path: String) throws(WeightsError) -> GGUFFile {
    let file = try openFile(path)
    do { return try GGUFFile(file) } catch { throw .format(error) }
  }
}

extension ModelContents {
  /// Reads the GGUF file at `path`, and the other parts of its model if it is split; tensors have the
  /// names that `naming` chooses.
  init(
    gguf path: String, naming: (ModelMetadata) throws(WeightsError) -> TensorNaming
  ) throws(WeightsError) {
    let parts = try GGUFParts(path: path)
    self.init(
      format: .gguf, metadata: .gguf(parts.metadata), files: parts.files.map(\.file))
    let names = try naming(metadata)
    do {
      for gguf in parts.files {
        for tensor in gguf.tensors { try add(tensor, of: gguf, parts.metadata, names) }
      }
    } catch { throw .format(error) }
  }

  private mutating func add(
    _ tensor: GGUFTensor, of gguf: GGUFFile, _ metadata: GGUFMetadata, _ naming: TensorNaming
  ) throws(FormatError) {
    if let exclusion = naming.exclusion(of: tensor.name) {
      excluded.append(
        ExcludedTensor(
          name: tensor.name, reason: exclusion.reason,
          elements: exclusion.isRead ? try gguf.elements(of: tensor) : nil))
      return
    }
    guard let (name, names) = naming.tensor(ggufName: tensor.name) else {
      throw gguf.error(
        .unsupported, tensor, found: "a tensor of another architecture",
        expected: "a tensor of the architecture \(naming.architecture)")
    }
    views.append(try gguf.view(tensor, name, try gguf.layout(of: tensor, names.form, metadata)))
  }
}

extension GGUFFile {
  fileprivate func error(
    _ kind: FormatError.Kind, _ tensor: GGUFTensor, found: String, expected: String
  ) -> FormatError {
    FormatError(
      path: file.path, kind: kind, place: "tensor \(quoted(tensor.name))", found: found,
      expected: expected)
  }

  /// Returns the elements of a small vector that is no parameter.
  fileprivate func elements(of tensor: GGUFTensor) throws(FormatError) -> [Float] {
    guard tensor.type.elementType == .f32, tensor.range.count <= 1 << 16 else {
      throw error(
        .unsupported, tensor, found: "\(tensor.range.count) bytes of type \(tensor.type)",
        expected: "at most \(1 << 16) bytes of type F32")
    }
    return stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 4).map {
      Float(bitPattern: file.integer(at: $0) ?? 0)
    }
  }

  fileprivate func view(
    _ tensor: GGUFTensor, _ name: String, _ layout: TensorLayout
  ) throws(FormatError) -> TensorView {
    guard let type = tensor.type.elementType else {
      throw error(
        .unsupported, tensor, found: "type \(tensor.type)",
        expected: GGUFTensorType.supportedNames)
    }
    let shape = layout == .transposed ? tensor.dimensions : tensor.dimensions.reversed()
    let parameter = try checkedParameter(
      name, shape: shape, place: "tensor \(quoted(tensor.name))",
      path: file.path)
    return TensorView(
      type: type, parameter: parameter, slice: FileSlice(file, tensor.range), layout: layout)
  }

  /// Returns how the elements of `tensor` lie, whose form is `form`.
  fileprivate func layout(
    of tensor: GGUFTensor, _ form: TensorNaming.StoredForm?, _ metadata: GGUFMetadata
  ) throws(FormatError) -> TensorLayout {
    let layout = TensorLayout(form, rows: tensor.dimensions.last ?? 0) { metadata.integer($0) }
    if let layout, (1...2).contains(tensor.dimensions.count) { return layout }
    throw error(
      .malformed, tensor, found: "dimensions \(tensor.dimensions)",
      expected: "rows that fit \(form?.description ?? "a vector or a matrix")")
  }
}

extension TensorNaming.StoredForm: CustomStringConvertible {
  /// What the rows must fit, for an error.
  public var description: String {
    switch self {
    case .interleaved(let keys):
      "an even number for each head of the metadata \(keys.joined(separator: " or "))"
    case .ungrouped(let key): "three parts for each head of the metadata \(key)"
    case .transposed, .plusOne: "a vector or a matrix"
    }
  }
}
