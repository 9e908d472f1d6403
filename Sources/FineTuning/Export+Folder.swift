internal import Bytes
internal import Foundation
internal import LanguageModels
internal import SeedBasis
internal import Tensors
internal import Tokenizers
internal import Weights

extension LoadedModel {
  /// Writes a Hugging Face folder, which appears at its path only when it is complete.
  func writeFolder(
    _ weights: CombinedWeights, to path: String, as elementType: ElementType,
    _ onProgress: @Sendable (Int) -> Void
  ) throws {
    // A slash at the end would put the temporary folder inside the one to be made.
    let folder = String(path.reversed().drop { $0 == "/" }.reversed())
    let temporary = "\(folder).\(ProcessInfo.processInfo.processIdentifier).tmp"
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    do {
      try FileManager.default.createDirectory(
        atPath: temporary, withIntermediateDirectories: false)
      try copyTokenizer(to: temporary)
    } catch {
      throw ExportError.failed(path: path, reason: error.localizedDescription)
    }
    try writeTokenizer(to: temporary)
    try write(configuration(elementType), to: temporary + "/config.json")
    try write(weights, to: temporary + "/model.safetensors", as: elementType, onProgress)
    do {
      try FileManager.default.moveItem(atPath: temporary, toPath: folder)
    } catch { throw ExportError.failed(path: path, reason: error.localizedDescription) }
  }

  private func copyTokenizer(to folder: String) throws {
    guard case .huggingFace(let source) = store.metadata else { return }
    let names = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
    for name in names + ["chat_template.jinja", "generation_config.json"] {
      guard let path = source.existingPath(name) else { continue }
      // The content rather than the file, which in the cache of the Hugging Face hub is a link.
      let content = try Data(contentsOf: URL(filePath: path))
      try AtomicFile.write(Array(content), to: "\(folder)/\(name)")
    }
  }

  private func writeTokenizer(to folder: String) throws {
    guard case .gguf(let metadata) = store.metadata,
      let export = try TokenizerExport(metadata, file: store.path)
    else { return }
    for (name, content) in export.files { try write(content, to: "\(folder)/\(name)") }
  }

  private func write(_ content: Any, to path: String) throws {
    let json = try JSONSerialization.data(
      withJSONObject: content, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    try AtomicFile.write(Array(json), to: path)
  }

  private func configuration(_ type: ElementType) -> [String: Any] {
    let c = model.configuration
    var fields: [String: Any] = [
      "architectures": [c.architecture.name], "model_type": c.architecture.modelType,
      "hidden_act": "silu",
      "vocab_size": c.vocabularySize, "hidden_size": c.hiddenSize,
      "intermediate_size": c.feedForwardSize, "num_hidden_layers": c.layerCount,
      "num_attention_heads": c.headCount, "num_key_value_heads": c.keyValueHeadCount,
      "head_dim": c.headSize, "max_position_embeddings": c.contextLength,
      "rms_norm_eps": Double("\(c.normEpsilon)") ?? 0, "rope_theta": Double("\(c.ropeBase)") ?? 0,
      "tie_word_embeddings": c.tiesEmbeddings,
      "torch_dtype": type.torchName ?? "float32",
    ]
    if let begin = try? tokenizer.beginToken { fields["bos_token_id"] = Int(begin) }
    if let end = try? tokenizer.endToken { fields["eos_token_id"] = Int(end) }
    return fields
  }
}
