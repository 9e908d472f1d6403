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
      try gguf.check(tensor, exclusion)
      excluded.append(ExcludedTensor(name: tensor.name, reason: exclusion.reason))
      return
    }
    guard let (name, names) = naming.tensor(ggufName: tensor.name) else {
      throw gguf.error(
        .unsupported, tensor, found: "a tensor of another architecture",
        expected: "a tensor of the architecture \(naming.architecture)")
    }
    let order = try gguf.rowOrder(
      of: tensor, headCountKeys: names.headCountKeys, metadata)
    views.append(try gguf.view(tensor, name, order))
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

  /// Throws unless the elements of an excluded tensor have the value that lets it be left out.
  fileprivate func check(
    _ tensor: GGUFTensor, _ exclusion: TensorNaming.Exclusion
  ) throws(FormatError) {
    guard let value = exclusion.value else { return }
    guard tensor.type.elementType == .f32 else {
      throw error(.unsupported, tensor, found: "type \(tensor.type)", expected: "F32")
    }
    for offset in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 4) {
      let element = file.integer(at: offset).map(Float.init(bitPattern:))
      guard element == value else {
        throw error(
          .unsupported, tensor, found: "\(exclusion.otherwise) (\(element ?? .nan))",
          expected: "elements of \(value)")
      }
    }
  }

  fileprivate func view(
    _ tensor: GGUFTensor, _ name: String, _ order: RowOrder
  ) throws(FormatError) -> TensorView {
    guard let type = tensor.type.elementType else {
      throw error(
        .unsupported, tensor, found: "type \(tensor.type)",
        expected: GGUFTensorType.supportedNames)
    }
    let parameter = try checkedParameter(
      name, shape: tensor.dimensions.reversed(), place: "tensor \(quoted(tensor.name))",
      path: file.path)
    return TensorView(
      type: type, parameter: parameter, slice: FileSlice(file, tensor.range), rowOrder: order)
  }

  /// Returns the order of the rows of `tensor`, interleaved by the heads that the first of the keys
  /// counts; without keys, plain.
  fileprivate func rowOrder(
    of tensor: GGUFTensor, headCountKeys keys: [String], _ metadata: GGUFMetadata
  ) throws(FormatError) -> RowOrder {
    guard let last = keys.last else { return .plain }
    let key = keys.first { metadata[$0] != nil } ?? last
    guard let heads = metadata.integer(key), heads > 0 else {
      throw FormatError(
        path: file.path, kind: .missing, place: "metadata \"\(key)\"",
        found: "no positive integer", expected: "the number of heads")
    }
    guard tensor.dimensions.count == 2,
      let order = RowOrder(interleaving: tensor.dimensions[1], ofHeads: heads)
    else {
      throw error(
        .malformed, tensor, found: "dimensions \(tensor.dimensions)",
        expected: "an even number of rows for each of \(heads) heads")
    }
    return order
  }
}
