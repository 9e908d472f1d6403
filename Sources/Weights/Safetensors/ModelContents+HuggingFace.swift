internal import Bytes
internal import Tensors

extension ModelContents {
  /// Reads the Hugging Face folder at `path`: `config.json` and `model.safetensors`, or the shards
  /// that `model.safetensors.index.json` names, without the tensors that `naming` excludes.
  init(
    folder path: String, naming: (ModelMetadata) throws(WeightsError) -> TensorNaming
  ) throws(WeightsError) {
    let metadata = try HuggingFaceMetadata(folder: path)
    do { try metadata.checkNotPacked() } catch { throw .format(error) }
    let shards = try SafetensorsShards(metadata)
    var files: [SafetensorsFile] = []
    for shard in shards.names {
      let file = try openFile(path + "/" + shard)
      do { files.append(try SafetensorsFile(file)) } catch { throw .format(error) }
    }
    self.init(format: .safetensors, metadata: .huggingFace(metadata), files: files.map(\.file))
    let names = try naming(.huggingFace(metadata))
    do {
      for file in files {
        for tensor in file.tensors { try add(tensor, of: file, names) }
      }
      try checkDistinct()
      try checkCopies()
      try shards.check(files, trained: views, names)
    } catch { throw .format(error) }
  }

  private mutating func add(
    _ tensor: SafetensorsTensor, of file: SafetensorsFile, _ naming: TensorNaming
  ) throws(FormatError) {
    guard tensor.name.utf8.count <= tensorNameLimit else {
      throw FormatError(
        path: file.file.path, kind: .unsupported, place: "tensor \(quoted(tensor.name))",
        found: "a name of \(tensor.name.utf8.count) bytes", expected: "at most \(tensorNameLimit)")
    }
    let name = naming.canonicalName(tensor.name)
    guard let exclusion = naming.exclusion(of: name) else {
      views.append(try Self.view(tensor, name, of: file))
      return
    }
    excluded.append(ExcludedTensor(name: tensor.name, reason: exclusion.reason))
    if let original = exclusion.copied {
      copies.append((try Self.view(tensor, name, of: file), original))
    }
  }

  /// Throws unless tensors that are left out as copies are copies.
  private func checkCopies() throws(FormatError) {
    for (copy, name) in copies {
      let original = views.first { $0.parameter.name == name }
      guard let original, !copy.hasSameElements(as: original) else { continue }
      throw FormatError(
        path: copy.slice.file.path, kind: .malformed,
        place: "tensor \(quoted(copy.parameter.name))",
        found: "other elements than those of \(quoted(name))",
        expected: """
          a copy, as the model ties its head to its embedding; if it does not, say so in config.json: \
          "tie_word_embeddings": false
          """)
    }
  }

  private static func view(
    _ tensor: SafetensorsTensor, _ name: String, of file: SafetensorsFile
  ) throws(FormatError) -> TensorView {
    let path = file.file.path
    let place = "tensor \(quoted(tensor.name))"
    guard let type = tensor.elementType else {
      throw FormatError(
        path: path, kind: .unsupported, place: place, found: "type \(tensor.type)",
        expected: SafetensorsTensor.supportedNames, advice: tensor.conversion)
    }
    let parameter = try checkedParameter(
      name, shape: tensor.shape, place: place, path: path)
    return TensorView(
      type: type, parameter: parameter, slice: FileSlice(file.file, tensor.range), layout: .plain)
  }

  /// Throws if two shards have a tensor of the same name.
  private func checkDistinct() throws(FormatError) {
    var paths: [UTF8Text: String] = [:]
    for view in views {
      let path = view.slice.file.path
      guard let other = paths.updateValue(path, forKey: UTF8Text(view.parameter.name)) else {
        continue
      }
      throw FormatError(
        path: path, kind: .malformed, place: "tensor \(quoted(view.parameter.name))",
        found: "the name also in \(other)", expected: "distinct names")
    }
  }
}

extension HuggingFaceMetadata {
  /// Throws if `config.json` says that the weights are packed.
  fileprivate func checkNotPacked() throws(FormatError) {
    guard let packing = configuration["quantization_config"], packing != .null else { return }
    let method = packing["quant_method"]?.string ?? packing.summary
    throw FormatError(
      path: folder + "/config.json", kind: .unsupported, place: "quantization_config",
      found: quoted(method), expected: "weights that are not packed",
      advice: SafetensorsTensor.unpacking)
  }
}
