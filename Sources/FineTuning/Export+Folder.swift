internal import Bytes
internal import Foundation
internal import LanguageModels
internal import SeedBasis
internal import Tensors
internal import Tokenizers
internal import Weights

extension LoadedModel {
  /// Writes a Hugging Face folder, which appears at its path only when it is complete.
  ///
  /// From a folder, every other file comes along, and `config.json` but for the type of the weights. From
  /// a GGUF file, what its metadata say in the words of those files.
  func writeFolder(
    _ weights: CombinedWeights, to path: String, as elementType: ElementType, chatTemplate: String?,
    _ onProgress: @Sendable (Int) -> Void
  ) throws {
    // A slash at the end would put the temporary folder inside the one to be made.
    let folder = withoutSlashes(path)
    let (temporary, lock) = try naming(path) { try TemporaryName.makeFolder(for: folder) }
    // What was there before, in the end.
    defer { withExtendedLifetime(lock) { try? FileManager.default.removeItem(atPath: temporary) } }
    try naming(path) {
      switch store.metadata {
      case .huggingFace(let source): try writeFiles(of: source, to: temporary, elementType)
      case .gguf(let metadata): try writeFiles(of: metadata, to: temporary, elementType)
      }
      if let chatTemplate {
        try AtomicFile.write(Array(chatTemplate.utf8), to: temporary + "/" + ChatTemplates.file)
      }
    }
    try write(weights, to: temporary + "/model.safetensors", as: elementType, onProgress)
    try naming(path) { try moveFolder(temporary, to: folder) }
  }

  /// Returns whether a folder is one that an export may have written, and holds no other folder.
  public static func isExport(_ folder: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return ["config.json", "model.safetensors"].allSatisfy(names.contains)
      && names.allSatisfy { $0 == ChatTemplates.folder || !isFolder("\(folder)/\($0)") }
  }

  /// Calls `body`, and names the path of the result in an error of the system.
  private func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FileError {
      throw ExportError.failed(path: path, reason: error.description)
    } catch let error as CocoaError {
      throw ExportError.failed(path: path, reason: error.localizedDescription)
    }
  }
}

// MARK: - From a folder

extension LoadedModel {
  private func writeFiles(
    of source: HuggingFaceMetadata, to folder: String, _ type: ElementType
  ) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: source.folder)
    where isCarriedOn(name, of: source) {
      // The content rather than the file, which in the cache of the Hugging Face hub is a link.
      try AtomicFile.copy("\(source.folder)/\(name)", to: "\(folder)/\(name)")
    }
    if let templates = source.existingPath(ChatTemplates.folder) {
      try copyFiles(of: templates, to: "\(folder)/\(ChatTemplates.folder)")
    }
    let text = try MappedFile(path: source.folder + "/config.json").array
    let configuration = try JSON.replacing(changes(of: source.configuration, type), in: text)
    try AtomicFile.write(configuration, to: folder + "/config.json")
  }

  private func copyFiles(of source: String, to folder: String) throws {
    try makeFolder(folder)
    for name in try FileManager.default.contentsOfDirectory(atPath: source)
    where !isFolder("\(source)/\(name)") {
      try AtomicFile.copy("\(source)/\(name)", to: "\(folder)/\(name)")
    }
  }

  /// Whether the file `name` of the base says something of the model besides its weights.
  ///
  /// Folders do not (other forms of the weights, what git keeps); but one in the place of a file of
  /// settings is a fault, which shows when it is read.
  private func isCarriedOn(_ name: String, of source: HuggingFaceMetadata) -> Bool {
    let weights = [
      ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".gguf", ".onnx",
      ".ot", ".tflite", ".npz",
      ".index.json",
    ]
    guard !name.hasPrefix("."), name != "config.json" else { return false }
    guard !weights.contains(where: { name.lowercased().hasSuffix($0) }) else { return false }
    return name.hasSuffix(".json") || !isFolder("\(source.folder)/\(name)")
  }

  /// What is different in the configuration of the tuned model.
  private func changes(
    of configuration: JSON, _ type: ElementType
  ) -> [(key: String, text: String)] {
    let name = CanonicalJSON.string(type.torchName ?? "float32")
    let keys = ["torch_dtype", "dtype"].filter { configuration[$0] != nil }
    var changes = (keys.isEmpty ? ["torch_dtype"] : keys).map { ($0, name) }
    if configuration["tie_word_embeddings"] == nil {
      // Families differ in what they take for granted.
      changes.append(("tie_word_embeddings", "\(model.configuration.tiesEmbeddings)"))
    }
    return changes
  }
}

// MARK: - From a GGUF file

extension LoadedModel {
  private func writeFiles(
    of metadata: GGUFMetadata, to folder: String, _ type: ElementType
  ) throws {
    let special = SpecialTokens(metadata, count: model.configuration.vocabularySize)
    let fields = try configuration(type).merging(special.huggingFaceFields) { $1 }
    try write(JSON(members: fields), to: folder + "/config.json")
    if !special.ends.isEmpty {
      try write(JSON(members: special.huggingFaceFields), to: folder + "/generation_config.json")
    }
    guard metadata.string("tokenizer.ggml.model") != nil else { return }
    if let export = try TokenizerExport(metadata, special, file: store.path) {
      for (name, content) in export.files { try write(content, to: "\(folder)/\(name)") }
    } else if let export = try SentencePieceExport(metadata, special, file: store.path) {
      for (name, bytes) in try export.files() {
        try AtomicFile.write(bytes, to: "\(folder)/\(name)")
      }
    }
  }

  private func write(_ content: JSON, to path: String) throws {
    try AtomicFile.write(Array((content.lines + "\n").utf8), to: path)
  }

  private func write(_ content: Any, to path: String) throws {
    let json = try JSONSerialization.data(
      withJSONObject: content, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    try AtomicFile.write(Array(json), to: path)
  }

  private func configuration(_ type: ElementType) throws -> [String: JSON] {
    let members = try model.configuration.json(type).object ?? [:]
    var fields = Dictionary(uniqueKeysWithValues: members.map { ($0.key.string, $0.value) })
    if let begin = try? tokenizer.beginToken { fields["bos_token_id"] = .integer(Int(begin)) }
    if let end = try? tokenizer.endToken { fields["eos_token_id"] = .integer(Int(end)) }
    return fields
  }
}
