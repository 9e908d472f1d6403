internal import Bytes
public import Kernels
public import Weights

extension Architecture {
  /// The names of the tensors in files.
  package var naming: TensorNaming {
    TensorNaming(
      architecture: ggufName ?? "",
      tensors: tensors.flatMap { role, names in
        ["weight", "bias"].map { suffix in
          TensorNaming.Tensor(
            "\(names.name).\(suffix)", gguf: "\(names.ggufName).\(suffix)",
            form: names.form?.storedForm(ofMatrix: suffix == "weight"))
        }
      },
      exclusions: exclusions + Self.commonExclusions, optionalPrefix: optionalPrefix)
  }

  /// What files of many families hold besides parameters.
  private static let commonExclusions: [TensorNaming.Exclusion] = [
    .init("*.rotary_emb.inv_freq", reason: "frequencies of the rotary embedding, not trained"),
    .init(
      "rope_freqs.weight", reason: "factors of the rotary embedding, not trained", isRead: true),
    .init(
      "rope_factors_short.weight", reason: "factors of the rotary embedding, not trained",
      isRead: true),
    .init(
      "rope_factors_long.weight",
      reason: "factors of the rotary embedding of longer texts, which are refused",
      isRead: true),
  ]
}

extension TensorNames.Form {
  func storedForm(ofMatrix isMatrix: Bool) -> TensorNaming.StoredForm? {
    switch self {
    case .interleaved(let keys): .interleaved(headCountKeys: keys)
    case .ungrouped(let key): .ungrouped(headCountKey: key)
    case .transposed: isMatrix ? .transposed : nil
    case .plusOne: .plusOne
    }
  }
}

extension TensorNaming {
  /// Returns the naming of the model at `path`.
  ///
  /// - Throws: ``WeightsError`` if a GGUF file has none of the architectures.
  init(of metadata: ModelMetadata, path: String) throws(WeightsError) {
    switch metadata {
    case .gguf(let metadata): self = try Self.naming(of: metadata, path: path)
    case .huggingFace(let metadata):
      // Of an unknown family the names are taken as they are, to be shown.
      let family = try? Architecture(of: metadata.configuration)
      self = family?.naming ?? TensorNaming(architecture: "")
      if let family,
        metadata.configuration["tie_word_embeddings"]?.bool ?? family.keys.tiesByDefault
      {
        exclusions.append(
          Exclusion(
            "\(family.tensors[.head]?.name ?? "lm_head").weight", reason: "tied to the embedding",
            copied: family.tensors[.embedding].map { "\($0.name).weight" }))
      }
    }
  }

  private static func naming(
    of metadata: GGUFMetadata, path: String
  ) throws(WeightsError) -> TensorNaming {
    let name = metadata.string("general.architecture")
    if let family = Architecture.named(inGGUF: name) { return family.naming }
    throw .format(
      FormatError(
        path: path, kind: name == nil ? .missing : .unsupported,
        place: "metadata \"general.architecture\"",
        found: name.map { quoted($0) } ?? "no text",
        expected: Architecture.ggufNames.map { "\"\($0)\"" }.joined(separator: " or ")))
  }
}

extension WeightStore {
  /// Opens the GGUF file or the Hugging Face folder at `path`.
  ///
  /// - Throws: ``WeightsError`` if a file cannot be read or used, or a parameter has an element type
  ///   that the kernels do not know.
  public static func open(
    path: String, context: ComputeContext = ComputeContext()
  ) throws(WeightsError) -> WeightStore {
    try open(path: path, context: context) { metadata throws(WeightsError) in
      try TensorNaming(of: metadata, path: path)
    }
  }
}
