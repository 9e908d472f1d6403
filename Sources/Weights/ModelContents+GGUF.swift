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
  /// Reads the GGUF file at `path`.
  init(gguf path: String) throws(WeightsError) {
    let gguf = try GGUFFile.open(path: path)
    self.init(format: .gguf, metadata: .gguf(gguf.metadata), files: [gguf.file])
    do {
      try gguf.checkArchitecture()
      for tensor in gguf.tensors { try add(tensor, of: gguf) }
    } catch { throw .format(error) }
  }

  private mutating func add(_ tensor: GGUFTensor, of gguf: GGUFFile) throws(FormatError) {
    switch GGUFNames.meaning(of: tensor.name) {
    case .parameter(let name): views.append(try gguf.view(tensor, name, .plain))
    case .queries(let name):
      let order = try gguf.rowOrder(of: tensor, heads: "head_count")
      views.append(try gguf.view(tensor, name, order))
    case .keys(let name):
      let hasOwn = gguf.metadata["llama.attention.head_count_kv"] != nil
      let order = try gguf.rowOrder(of: tensor, heads: hasOwn ? "head_count_kv" : "head_count")
      views.append(try gguf.view(tensor, name, order))
    case .rotaryFactors:
      try gguf.checkUnscaled(tensor)
      excluded.append(
        ExcludedTensor(
          name: tensor.name, reason: "factors of the rotary embedding, not trained and all 1"))
    case nil:
      throw gguf.error(
        .unsupported, tensor, found: "a tensor of another architecture",
        expected: "a tensor of the architecture llama")
    }
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

  /// Throws unless the tensors have the names and row orders we know.
  fileprivate func checkArchitecture() throws(FormatError) {
    let architecture = metadata.string("general.architecture")
    guard architecture == "llama" else {
      throw FormatError(
        path: file.path, kind: architecture == nil ? .missing : .unsupported,
        place: "metadata \"general.architecture\"",
        found: architecture.map { quoted($0) } ?? "no text", expected: "\"llama\"")
    }
  }

  /// Throws unless the factors of the rotary embedding change nothing: others are not applied.
  fileprivate func checkUnscaled(_ tensor: GGUFTensor) throws(FormatError) {
    guard tensor.type.elementType == .f32 else {
      throw error(.unsupported, tensor, found: "type \(tensor.type)", expected: "F32")
    }
    for offset in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 4) {
      let factor = file.integer(at: offset).map(Float.init(bitPattern:))
      guard factor == 1 else {
        throw error(
          .unsupported, tensor, found: "a scaled rotary embedding (\(factor ?? .nan))",
          expected: "factors of 1")
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

  /// Returns the order of the rows of queries or keys.
  ///
  /// - Parameter key: The metadata key of the number of heads.
  fileprivate func rowOrder(
    of tensor: GGUFTensor, heads key: String
  ) throws(FormatError) -> RowOrder {
    guard let heads = metadata.integer("llama.attention.\(key)"), heads > 0 else {
      throw FormatError(
        path: file.path, kind: .missing, place: "metadata \"llama.attention.\(key)\"",
        found: "no positive integer", expected: "the number of heads")
    }
    let rows = tensor.dimensions.last ?? 0
    guard tensor.dimensions.count == 2, rows.isMultiple(of: heads),
      (rows / heads).isMultiple(of: 2)
    else {
      throw error(
        .malformed, tensor, found: "dimensions \(tensor.dimensions)",
        expected: "an even number of rows for each of \(heads) heads")
    }
    return .interleaved(headSize: rows / heads)
  }
}
