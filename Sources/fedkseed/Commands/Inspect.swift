internal import ArgumentParser
internal import Bytes
internal import LanguageModels
internal import Tensors
internal import Weights

/// Lists what a model file contains.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model is, whether it can be tuned here, and its tensors.",
    discussion: """
      Names and shapes are those of the Hugging Face layout, whatever the format. The weights are \
      read only for the SHA-256, which is kept for the next time.

        fedkseed inspect model.gguf
        fedkseed inspect model.gguf --json
      """)

  @OptionGroup var source: ModelArgument
  @OptionGroup var common: CommonOptions

  func run() throws {
    let store = try WeightStore.open(path: source.model, context: common.context)
    store.sayWhatWasTaken()
    let result = Result(store)
    if common.json { try Output.printJSON(result) } else { result.printText() }
  }

  private struct Result: Encodable {
    let summary: ModelSummary
    let format: String
    let architecture: String?
    let parameters: Int
    let sha256: String
    let parameterMapSha256: String
    let bytes: Int
    let files: Int
    let tensors: [TensorLine]
    let excluded: [ExcludedLine]

    private enum CodingKeys: CodingKey {
      case format, architecture, parameters, sha256, parameterMapSha256, bytes, files, tensors
      case excluded
    }

    func encode(to encoder: any Encoder) throws {
      try summary.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(format, forKey: .format)
      try container.encodeIfPresent(architecture, forKey: .architecture)
      try container.encode(parameters, forKey: .parameters)
      try container.encode(sha256, forKey: .sha256)
      try container.encode(parameterMapSha256, forKey: .parameterMapSha256)
      try container.encode(bytes, forKey: .bytes)
      try container.encode(files, forKey: .files)
      try container.encode(tensors, forKey: .tensors)
      try container.encode(excluded, forKey: .excluded)
    }

    init(_ store: WeightStore) {
      summary = ModelSummary(store)
      format = store.format.rawValue
      architecture = store.metadata.architecture
      parameters = store.parameters.elementCount
      sha256 = store.identity()
      parameterMapSha256 = store.parameterMapHash
      bytes = store.mappedByteCount
      files = store.files.count
      tensors = (0..<store.parameters.count).map { index in
        let view = store.view(of: index)
        return TensorLine(
          index: index, name: view.parameter.name, shape: view.parameter.shape,
          type: view.type.rawValue)
      }.sorted { isBeforeByNumber($0.name, $1.name) }
      excluded = store.excluded.map { ExcludedLine(name: $0.name, reason: $0.reason) }
    }

    func printText() {
      Output.printTable(
        [
          ("format", format), ("architecture", architecture ?? "unknown"),
          ("parameters", "\(parameters)"),
          ("bytes", files == 1 ? "\(bytes)" : "\(bytes) in \(files) files"), ("sha256", sha256),
          ("tensors", "\(tensors.count)"),
        ] + summary.rows)
      let shapes = tensors.map { $0.shape.map(String.init).joined(separator: " x ") }
      print()
      Output.printTable(zip(tensors, shapes).map { ("  " + $0.name, "\($0.type)  \($1)") })
      for line in excluded { print(singleLine("  not a parameter: \(line.name) (\(line.reason))")) }
    }
  }

  private struct TensorLine: Encodable {
    /// The number by which `directions --tensor` knows it: the place among sorted names.
    let index: Int
    let name: String
    let shape: [Int]
    let type: String
  }

  private struct ExcludedLine: Encodable {
    let name: String
    let reason: String
  }
}

extension ModelMetadata {
  /// What the model calls its architecture.
  var architecture: String? {
    switch self {
    case .gguf(let metadata): metadata.string("general.architecture")
    case .huggingFace(let folder):
      folder.configuration["architectures"]?.array?.first?.string
        ?? folder.configuration["model_type"]?.string
    }
  }
}
