internal import Bytes
internal import Foundation
internal import Kernels
internal import LanguageModels
internal import SeedBasis
internal import Tensors
internal import Tokenizers
internal import Weights

extension LoadedModel {
  /// Writes a GGUF file: matrices of `elementType`, vectors in f32.
  ///
  /// All that a GGUF base says of itself is carried on, known or not; of a Hugging Face folder, what
  /// GGUF has keys for.
  func writeGGUF(
    _ weights: CombinedWeights, to path: String, as elementType: ElementType,
    chatTemplate: String?, _ onProgress: @Sendable (Int) -> Void
  ) throws {
    var metadata =
      switch store.metadata {
      case .gguf(let source): carriedOn(source.fields)
      case .huggingFace(let folder): try metadata(of: folder)
      }
    let fileType = GGUFField.unsigned(elementType.ggufFileType)
    metadata.replace("general.file_type", by: fileType)
    if let chatTemplate { metadata.replace("tokenizer.chat_template", by: .text(chatTemplate)) }
    if elementType.elementsPerBlock > 1 {
      metadata.replace("general.quantization_version", by: .unsigned(2))
    }
    let writer = try GGUFWriter(
      path: path, metadata: metadata, parameters: weights.parameters, matrixType: elementType,
      naming: model.configuration.ggufNaming, vectors: ggufVectors,
      instructionSet: context.instructionSet)
    try weights.write(to: writer, threads: context.threads, onProgress: onProgress)
  }

  /// What such a file holds besides parameters.
  private var ggufVectors: [(name: String, elements: [Float])] {
    switch store.metadata {
    case .gguf: store.excluded.compactMap { each in each.elements.map { (each.name, $0) } }
    case .huggingFace: model.configuration.ggufVectors
    }
  }

  /// The pairs of a file without those that are about how its tensors lie.
  private func carriedOn(
    _ fields: [(key: String, value: GGUFField)]
  ) -> [(key: String, value: GGUFField)] {
    fields.filter { $0.key != "general.alignment" && !$0.key.hasPrefix("split.") }
  }

  private func metadata(
    of folder: HuggingFaceMetadata
  ) throws -> [(key: String, value: GGUFField)] {
    let name = URL(filePath: folder.folder).standardizedFileURL.lastPathComponent
    return try model.configuration.ggufMetadata(
      name: name, type: .f32, tokenizer: try tokenizerFields(of: folder))
  }

  private func tokenizerFields(
    of folder: HuggingFaceMetadata
  ) throws -> [(key: String, value: GGUFField)] {
    guard folder.tokenizerPath != nil else { return [("tokenizer.ggml.model", .text("no_vocab"))] }
    let count = model.configuration.vocabularySize
    let vocabulary = try folder.tokenizerFile().vocabulary(size: count)
    var fields = vocabulary.ggufFields
    let special = try SpecialTokens(folder, count: count, end: vocabulary.endToken)
    for field in special.ggufFields where !fields.contains(where: { $0.key == field.key }) {
      fields.append(field)
    }
    return fields + (try ChatTemplates(folder).ggufFields)
  }
}

extension [(key: String, value: GGUFField)] {
  /// Gives `key` another value, where it stands or at the end.
  fileprivate mutating func replace(_ key: String, by value: GGUFField) {
    if let place = firstIndex(where: { $0.key == key }) {
      self[place].value = value
    } else {
      append((key, value))
    }
  }
}
