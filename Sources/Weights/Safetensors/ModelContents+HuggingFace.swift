internal import Bytes
internal import Tensors

extension ModelContents {
  /// Reads the Hugging Face folder at `path`: `config.json` and `model.safetensors`, or the shards
  /// that `model.safetensors.index.json` names, without the tensors that `naming` excludes.
  init(
    folder path: String, naming: (ModelMetadata) throws(WeightsError) -> TensorNaming
  ) throws(WeightsError) {
    let metadata = try HuggingFaceMetadata(folder: path)
    let shards = try Self.shardNames(metadata)
    var files: [SafetensorsFile] = []
    for shard in shards {
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
    } catch { throw .format(error) }
  }

  private mutating func add(
    _ tensor: SafetensorsTensor, of file: SafetensorsFile, _ naming: TensorNaming
  ) throws(FormatError) {
    if let exclusion = naming.exclusion(of: tensor.name) {
      excluded.append(ExcludedTensor(name: tensor.name, reason: exclusion.reason))
    } else {
      views.append(try Self.view(tensor, of: file))
    }
  }

  private static func view(
    _ tensor: SafetensorsTensor, of file: SafetensorsFile
  ) throws(FormatError) -> TensorView {
    let path = file.file.path
    let place = "tensor \(quoted(tensor.name))"
    guard let type = tensor.elementType else {
      throw FormatError(
        path: path, kind: .unsupported, place: place, found: "type \(tensor.type)",
        expected: SafetensorsTensor.supportedNames)
    }
    let parameter = try checkedParameter(
      tensor.name, shape: tensor.shape, place: place, path: path)
    return TensorView(
      type: type, parameter: parameter, slice: FileSlice(file.file, tensor.range), rowOrder: .plain)
  }

  /// Throws if two shards have a tensor of the same name.
  private func checkDistinct() throws(FormatError) {
    var paths: [String: String] = [:]
    for view in views {
      let path = view.slice.file.path
      guard let other = paths.updateValue(path, forKey: view.parameter.name) else { continue }
      throw FormatError(
        path: path, kind: .malformed, place: "tensor \(quoted(view.parameter.name))",
        found: "the name also in \(other)", expected: "distinct names")
    }
  }

  /// Returns the names of the weight files, sorted.
  private static func shardNames(_ metadata: HuggingFaceMetadata) throws(WeightsError) -> [String] {
    if metadata.existingPath("model.safetensors") != nil { return ["model.safetensors"] }
    let indexName = "model.safetensors.index.json"
    guard let path = metadata.existingPath(indexName) else {
      throw .format(
        FormatError(
          path: metadata.folder, kind: .missing, place: "weights",
          found: "no file of that name", expected: "model.safetensors or \(indexName)"))
    }
    let names = try HuggingFaceMetadata.object(path)["weight_map"]?.object?.values.map(\.string)
    let shards = Set((names ?? []).map { $0 ?? "" })
    // A name with a slash could lead out of the folder.
    guard !shards.isEmpty, shards.allSatisfy({ $0.hasSuffix(".safetensors") && !$0.contains("/") })
    else {
      throw .format(
        FormatError(
          path: path, kind: .malformed, place: "weight_map", found: "something else",
          expected: "an object of tensor names and .safetensors files of the folder"))
    }
    return shards.sorted()
  }
}
