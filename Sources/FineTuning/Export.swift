internal import Bytes
public import Datasets
internal import Foundation
internal import Kernels
public import SeedBasis
public import Tensors
internal import Tokenizers
internal import Weights

/// What a tuned model is written as.
public enum ExportFormat: String, CaseIterable, Sendable {
  /// A Hugging Face folder.
  case folder
  /// One safetensors file: the weights alone.
  case safetensors
  /// One GGUF file.
  case gguf

  /// Returns the format for a path.
  ///
  /// - Parameter name: The format the user names; if none, the path's suffix tells, and a path without
  ///   one of ``allCases`` is a folder's.
  /// - Throws: ``ExportError`` if name and suffix contradict each other, or the suffix is that of files of
  ///   another kind.
  public init(_ name: ExportFormat?, path: String) throws(ExportError) {
    // Slashes at the end too, so that no folder gets the name of a file.
    let suffix =
      String(withoutSlashes(path).lowercased().split(separator: "/").last ?? "")
      .split(separator: ".").last.map(String.init) ?? ""
    let told = ExportFormat(rawValue: suffix).flatMap { $0 == .folder ? nil : $0 }
    guard name == nil || told == nil || name == told, !Self.foreignSuffixes.contains(suffix) else {
      throw .wrongSuffix(path: path, suffix: suffix, format: name)
    }
    self = name ?? told ?? .folder
  }

  /// Suffixes of files that are not written: a folder of such a name would be a surprise.
  private static let foreignSuffixes: Set = [
    "kseed", "bin", "pt", "pth", "ckpt", "onnx", "h5", "ggml", "json", "jsonl", "yaml", "zip", "gz",
    "tar", "html", "csv", "txt",
  ]
}

/// The reason a tuned model cannot be written where it should go.
public enum ExportError: Error, Equatable, CustomStringConvertible {
  /// Something is at the path already.
  case exists(path: String)
  /// The path has the suffix of another format than the one named, or of one that is not written.
  case wrongSuffix(path: String, suffix: String, format: ExportFormat?)
  /// The format has no such element type.
  case unsupportedType(path: String, ElementType)
  /// The system refused.
  case failed(path: String, reason: String)

  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .exists(let path): OutputError.exists(path).description
    case .wrongSuffix(let path, let suffix, let format):
      "'\(path)' ends in .\(suffix)"
        + (format.map { ", but '--format' is \($0.rawValue)" } ?? ", which is not written")
        + ": choose a path that ends in .gguf or .safetensors, or one without a suffix for a folder"
    case .unsupportedType(let path, let type):
      "'\(path)' cannot have the type \(type.rawValue), which safetensors lacks; choose "
        + ElementType.allCases.filter { $0.safetensorsName != nil }.map(\.rawValue)
        .joined(separator: ", ") + " or a path that ends in .gguf"
    case .failed(let path, let reason): "cannot write '\(path)': \(reason)"
    }
  }
}

extension LoadedModel {
  /// Writes the tuned model `w(A)` as files that other programs load.
  ///
  /// A Hugging Face folder has `config.json`, `model.safetensors`, the tokenizer, and whatever else is in
  /// the folder of the base.
  /// The result appears at its path only when it is complete.
  ///
  /// - Parameters:
  ///   - format: If not given, the path's suffix tells.
  ///   - template: The text around the examples that the model was tuned with; if another than the model's
  ///     own chat template, one that says the same is written, see ``chatTemplate(for:)``.
  ///   - replacing: Whether a file, or a folder that an export has made, makes room for the result.
  ///   - elementType: f32 keeps every bit of `w(A)`; bf16 and f16 round each weight once. Quantised
  ///     types are for GGUF files only, whose vectors are f32 always.
  ///   - onProgress: Called with the number of weights written; from any thread.
  /// - Throws: ``ExportError``, `FileError`, `WeightsError` or `TokenizerError`; nothing is left behind
  ///   then.
  /// - Complexity: Constant memory; time as one replay of all weights.
  public func export(
    coefficients: Coefficients, basis: SeedBasis, to path: String, format: ExportFormat? = nil,
    template: PromptTemplate? = nil, replacing: Bool = false, elementType: ElementType = .f32,
    onProgress: @Sendable (Int) -> Void = { _ in }
  ) throws {
    guard replacing || !FileManager.default.fileExists(atPath: path) else {
      throw ExportError.exists(path: path)
    }
    let weights = combined(coefficients, basis)
    let format = try ExportFormat(format, path: path)
    guard format != .gguf else {
      return try writeGGUF(
        weights, to: path, as: elementType, chatTemplate: chatTemplate(for: template), onProgress)
    }
    guard elementType.isStorable, elementType.safetensorsName != nil else {
      throw ExportError.unsupportedType(path: path, elementType)
    }
    if format == .safetensors {
      try write(weights, to: path, as: elementType, onProgress)
    } else {
      try writeFolder(
        weights, to: path, as: elementType, chatTemplate: chatTemplate(for: template), onProgress)
    }
  }

  /// Returns the text of the chat template that a model tuned with `template` is exported with, or `nil` if
  /// it keeps its own: it was tuned with that, or it has no tokenizer.
  public func chatTemplate(for template: PromptTemplate?) -> String? {
    guard let template, let tokenizer = try? tokenizer else { return nil }
    let names = { (ids: [Int32]) in ids.compactMap { try? tokenizer.token(for: $0) }.joined() }
    return template.chatTemplate(
      begin: names(tokenizer.prefix), end: names([tokenizer.endToken].compactMap(\.self)))
  }

  /// Writes one safetensors file.
  func write(
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
}
