internal import Foundation
internal import LanguageModels
internal import Profiling
internal import Tensors
internal import Weights

/// What MODEL or CONFIG names: weights on disk, a configuration without weights, or a known model.
enum ModelSource {
  /// A GGUF file or a Hugging Face folder with weights.
  case weights(WeightStore)
  /// A file like `config.json`.
  case configuration(ModelConfiguration, name: String)
  /// A model from the table of known ones.
  case known(KnownModel)

  /// Looks for `text` among the files, then among the names.
  ///
  /// - Throws: ``InputError`` if it is neither, or what is wrong with the file.
  init(_ text: String) throws {
    let files = FileManager.default
    if text.hasSuffix(".json"), files.fileExists(atPath: text) {
      let name = URL(filePath: text).deletingPathExtension().lastPathComponent
      self = .configuration(try ModelConfiguration(configurationFile: text), name: name)
    } else if files.fileExists(atPath: text) {
      let store = try WeightStore.open(path: text)
      store.sayWhatWasTaken()
      self = .weights(store)
    } else if let known = KnownModel.named(text) {
      self = .known(known)
    } else if text.contains("/"), !text.hasSuffix(".json") {
      // Whoever opens models knows what to do about a path that is none, or an id of the hub.
      self = .weights(try WeightStore.open(path: text))
    } else {
      let names = KnownModel.all.map(\.name).joined(separator: ", ")
      throw InputError("'\(text)' is neither a file nor the name of a known model: \(names)")
    }
  }

  /// A name to show.
  var name: String {
    switch self {
    case .weights(let store): URL(filePath: store.path).lastPathComponent
    case .configuration(_, let name): name
    case .known(let model): model.name
    }
  }

  /// The hyper-parameters.
  var configuration: ModelConfiguration {
    get throws {
      switch self {
      case .weights(let store): try ModelConfiguration(store)
      case .configuration(let configuration, _): configuration
      case .known(let model): model.configuration
      }
    }
  }

  /// The number of parameters.
  var parameterCount: Int {
    get throws {
      switch self {
      case .weights(let store): store.parameters.elementCount
      case .configuration(let configuration, _): configuration.parameters.elementCount
      case .known(let model): model.parameterCount
      }
    }
  }

  /// The size of the weight files, in bytes; of a configuration, with matrices of `type`.
  func fileBytes(as type: ElementType) throws -> Int {
    if case .weights(let store) = self { return store.mappedByteCount }
    return try parameterCount / type.elementsPerBlock * type.bytesPerBlock
  }

  /// The entries of the tokenizer's vocabulary, 0 if there is none.
  var tokenizerEntries: Int {
    get throws {
      if case .weights(let store) = self {
        switch store.metadata {
        case .gguf(let metadata): return metadata.array("tokenizer.ggml.tokens")?.count ?? 0
        case .huggingFace(let folder) where folder.tokenizerPath == nil: return 0
        case .huggingFace: break
        }
      }
      return try configuration.vocabularySize
    }
  }

  /// Returns the estimate of a step's private memory.
  func memory(_ settings: StepSettings, as type: ElementType) throws -> MemoryEstimate {
    MemoryEstimate(
      try configuration, parameterCount: try parameterCount, fileBytes: try fileBytes(as: type),
      tokenizerEntries: try tokenizerEntries, settings: settings)
  }
}
