internal import Bytes
internal import Foundation

/// Where the model is that a path names: a GGUF file, or a Hugging Face folder.
///
/// What stands for one model only is taken for it, and said in ``note``: a file of a Hugging Face folder,
/// a folder with one GGUF model. Anything else is refused by what it is.
struct ModelLocation {
  /// What is at the path.
  enum Kind {
    case gguf, folder
  }

  /// The GGUF file or the folder.
  let path: String

  /// Which of both it is.
  let kind: Kind

  /// What was taken for the model, if it is not what the path says.
  let note: String?

  /// Finds the model that `path` names.
  ///
  /// - Throws: ``WeightsError`` if there is none, or it is not clear which; a file or a folder that is
  ///   there is looked at, weights are not.
  init(_ path: String) throws(WeightsError) {
    if isFolder(path) {
      try self.init(folder: path)
    } else if !fileExists(path), let error = FormatError(missingModel: path) {
      throw .format(error)
    } else {
      try self.init(file: path)
    }
  }

  private init(_ kind: Kind, _ path: String, note: String? = nil) {
    self.kind = kind
    self.path = path
    self.note = note
  }
}

// MARK: - Files

extension ModelLocation {
  private init(file path: String) throws(WeightsError) {
    let file = try openFile(path)
    switch file.kind {
    case .gguf: self.init(.gguf, path)
    case .safetensors, .json: try self.init(part: file)
    default: throw .format(FormatError(file, expected: Self.expected))
    }
  }

  fileprivate static let expected = "a GGUF file or the folder of a Hugging Face model"

  /// Takes the folder of a file that is part of the model in it.
  private init(part file: MappedFile) throws(WeightsError) {
    let (folder, name) = Self.split(file.path)
    let isPart =
      ["config.json", "model.safetensors.index.json", "model.safetensors"].contains(name)
      || name.hasPrefix("model-") && fileExists(folder + "/model.safetensors.index.json")
    guard isPart, fileExists(folder + "/config.json") else { throw .format(Self.refusal(of: file)) }
    self.init(
      .folder, folder,
      note: "\(quoted(name)) is part of the model in \(quoted(folder, limit: 4096))")
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    let url = URL(filePath: path)
    let folder = path.contains("/") ? url.deletingLastPathComponent().relativePath : "."
    return (folder, url.lastPathComponent)
  }

  private static func refusal(of file: MappedFile) -> FormatError {
    guard let blob = ollamaBlob(file) else {
      let hasConfiguration = fileExists(split(file.path).folder + "/config.json")
      return FormatError(
        file, expected: expected,
        advice: hasConfiguration && file.kind == .safetensors
          ? "name it model.safetensors, if it has all weights of the config.json beside it" : nil)
    }
    return FormatError(
      path: file.path, kind: .unsupported, place: "the file",
      found: "a manifest of Ollama", expected: expected,
      advice: "give the blob that it names, \(quoted(blob)), as MODEL")
  }

  /// The file name of the model that a manifest of Ollama names, or `nil` if it is none.
  private static func ollamaBlob(_ file: MappedFile) -> String? {
    guard file.kind == .json, let manifest = try? HuggingFaceMetadata.object(file.path) else {
      return nil
    }
    let layer = manifest["layers"]?.array?.first {
      $0["mediaType"]?.text == "application/vnd.ollama.image.model"
    }
    return layer?["digest"]?.string?.replacing(":", with: "-")
  }
}

// MARK: - Folders

extension ModelLocation {
  private init(folder path: String) throws(WeightsError) {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    if let snapshot = Self.snapshot(path, names) {
      try self.init(snapshot: snapshot)
      return
    }
    let models = Self.ggufModels(names)
    let isHuggingFace = names.contains("config.json")
    if isHuggingFace, models.isEmpty || names.contains(where: { $0.hasSuffix(".safetensors") }) {
      self.init(.folder, path)
    } else if models.count == 1 {
      self.init(
        .gguf, "\(path)/\(models[0])", note: "taking \(quoted(models[0])), the GGUF model there")
    } else if let error = FormatError(folder: path, names: names, models: models) {
      throw .format(error)
    } else {
      // Whoever reads it says what is missing.
      self.init(.folder, path)
    }
  }

  /// The one revision of a model that the cache of the Hugging Face hub has in the folder at `path`.
  private static func snapshot(_ path: String, _ names: [String]) -> String? {
    guard names.contains("snapshots"), !names.contains("config.json") else { return nil }
    let folder = path + "/snapshots"
    let revisions = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { !$0.hasPrefix(".") }
    return revisions.count == 1 ? "\(folder)/\(revisions[0])" : nil
  }

  private init(snapshot: String) throws(WeightsError) {
    let inner = try ModelLocation(snapshot)
    let note = "taking the one revision in the cache of the hub, \(quoted(snapshot, limit: 4096))"
    self.init(
      inner.kind, inner.path, note: [note, inner.note].compactMap(\.self).joined(separator: "; "))
  }

  /// The GGUF files among `names` without further parts of split ones, and without the projectors of
  /// multimodal models.
  private static func ggufModels(_ names: [String]) -> [String] {
    names.filter { name in
      guard name.lowercased().hasSuffix(".gguf"), !name.hasPrefix("mmproj") else { return false }
      let parts = name.dropLast(5).split(separator: "-").suffix(3)
      return parts.count < 3 || parts.dropFirst().first != "of" || parts.first == "00001"
    }
  }
}

extension FormatError {
  /// What to say of a folder that is no model, or `nil` if nothing is known of it.
  fileprivate init?(folder path: String, names: [String], models: [String]) {
    let expected = "a Hugging Face model, with config.json and safetensors"
    func error(_ found: String, _ advice: String) -> FormatError {
      FormatError(
        path: path, kind: .missing, place: "the folder", found: found, expected: expected,
        advice: advice)
    }
    if !models.isEmpty {
      self = error(
        "\(models.count) GGUF files", "name one of them, such as \(quoted(models[0]))")
    } else if names.contains("adapter_config.json"), !names.contains("config.json") {
      self = error(
        "an adapter (adapter_config.json)",
        "merge it into its base with merge_and_unload of peft, and save the result")
    } else if names.contains("params.json"), !names.contains("config.json") {
      self = error(
        "a checkpoint in the form of its makers (params.json)",
        "fetch the model in the form of transformers, or as GGUF")
    } else if names.contains("blobs"), names.contains("manifests") {
      self = error(
        "the store of Ollama", "give the blob that 'ollama show --modelfile NAME' says it is from")
    } else if names.contains("snapshots") {
      self = error(
        "a model in the cache of the Hugging Face hub", "give the folder inside of 'snapshots'")
    } else {
      return nil
    }
  }

  /// What to say of a path at which there is nothing, if it looks like the name of a model elsewhere.
  fileprivate init?(missingModel path: String) {
    guard let advice = Self.advice(missingModel: path) else { return nil }
    self.init(
      path: path, kind: .missing, place: "the path", found: "no file and no folder",
      expected: ModelLocation.expected, advice: advice)
  }

  private static func advice(missingModel path: String) -> String? {
    if path.wholeMatch(of: #/[\w.\-]+(\/[\w.\-]+)?:[\w.\-]+/#) != nil {
      return "of Ollama, give the blob that 'ollama show --modelfile \(path)' says it is from"
    }
    let name = path.replacing(#/^(https?:\/\/)?(hf\.co|huggingface\.co)\//#, with: "")
    let parts = name.split(separator: "/")
    guard name.wholeMatch(of: #/[A-Za-z0-9][\w.\-]*\/[\w.\-]+/#) != nil, parts.count == 2 else {
      return nil
    }
    // A path that was mistyped.
    let isFile = [".gguf", ".safetensors", ".json", ".bin"].contains { name.hasSuffix($0) }
    guard !isFile, !isFolder(String(parts[0])) else { return nil }
    return "of the hub, fetch it with 'hf download \(name) --local-dir \(parts[1])'"
  }
}
