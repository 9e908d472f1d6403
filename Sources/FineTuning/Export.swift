internal import Bytes
public import SeedBasis
public import Tensors

internal import Foundation
internal import Kernels
internal import LanguageModels
internal import Tokenizers
internal import Weights

/// The reason a tuned model cannot be written where it should go.
public enum ExportError: Error, Equatable, CustomStringConvertible {
  /// Something is at the path already.
  case exists(path: String)
  /// The format has no such element type.
  case unsupportedType(path: String, ElementType)
  /// The system refused.
  case failed(path: String, reason: String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .exists(let path): "'\(path)' exists already; remove it or choose another path"
    case .unsupportedType(let path, let type):
      "'\(path)' cannot have the type \(type.rawValue), which safetensors lacks; choose "
        + ElementType.allCases.filter { $0.safetensorsName != nil }.map(\.rawValue)
        .joined(separator: ", ") + " or a path that ends in .gguf"
    case .failed(let path, let reason): "cannot write '\(path)': \(reason)"
    }
  }
}

extension BaseModel {
  /// Writes the tuned model `w(A)` as files that other programs load.
  ///
  /// A path that ends in `.safetensors` becomes that one file. Any other path becomes a Hugging Face
  /// folder: `config.json`, `model.safetensors` and the tokenizer, unless it is a GGUF file's
  /// SentencePiece.
  /// The result appears at its path only when it is complete.
  ///
  /// - Parameters:
  ///   - elementType: f32 keeps every bit of `w(A)`; bf16 and f16 round each weight once.
  ///   - onProgress: Called with the number of weights written; from any thread.
  /// - Throws: ``ExportError`` or ``FileError``; nothing is left behind then.
  /// - Complexity: Constant memory; time as one replay of all weights.
  public func export(
    coefficients: Coefficients, basis: SeedBasis, to path: String,
    elementType: ElementType = .f32, onProgress: @Sendable (Int) -> Void = { _ in }
  ) throws {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw ExportError.exists(path: path)
    }
    guard elementType.isStorable, elementType.safetensorsName != nil else {
      throw ExportError.unsupportedType(path: path, elementType)
    }
    let weights = CombinedWeights(
      base: store, basis: basis, coefficients: coefficients, context: context)
    if path.hasSuffix(".safetensors") {
      return try write(weights, to: path, as: elementType, onProgress)
    }
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

  private func write(
    _ weights: CombinedWeights, to path: String, as type: ElementType,
    _ onProgress: @Sendable (Int) -> Void
  ) throws {
    let parameters = weights.parameters
    let writer = try SafetensorsWriter(
      path: path, parameters: parameters,
      types: [ElementType](repeating: type, count: parameters.count),
      instructionSet: context.instructionSet)
    try weights.write(to: writer, threads: context.threads, onProgress: onProgress)
  }

  private func copyTokenizer(to folder: String) throws {
    guard case .huggingFace(let source) = store.metadata else { return }
    let names = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
    for name in names + ["generation_config.json"] {
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
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
      "vocab_size": c.vocabularySize, "hidden_size": c.hiddenSize,
      "intermediate_size": c.feedForwardSize, "num_hidden_layers": c.layerCount,
      "num_attention_heads": c.headCount, "num_key_value_heads": c.keyValueHeadCount,
      "head_dim": c.headSize, "max_position_embeddings": c.contextLength,
      "rms_norm_eps": Double("\(c.normEpsilon)") ?? 0, "rope_theta": Double("\(c.ropeBase)") ?? 0,
      "tie_word_embeddings": c.tiesEmbeddings, "attention_bias": false, "mlp_bias": false,
      "torch_dtype": type.torchName ?? "float32",
    ]
    if let begin = try? tokenizer.beginToken { fields["bos_token_id"] = Int(begin) }
    if let end = try? tokenizer.endToken { fields["eos_token_id"] = Int(end) }
    return fields
  }
}
