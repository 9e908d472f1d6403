internal import Foundation
internal import Kernels
public import SeedBasis
public import Tensors
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

extension LoadedModel {
  /// Writes the tuned model `w(A)` as files that other programs load.
  ///
  /// A path that ends in `.safetensors` or `.gguf` becomes that one file. Any other path becomes a
  /// Hugging Face folder: `config.json`, `model.safetensors`, the tokenizer, and whatever else is in
  /// the folder of the base.
  /// The result appears at its path only when it is complete.
  ///
  /// - Parameters:
  ///   - elementType: f32 keeps every bit of `w(A)`; bf16 and f16 round each weight once. Quantised
  ///     types are for GGUF files only, whose vectors are f32 always.
  ///   - onProgress: Called with the number of weights written; from any thread.
  /// - Throws: ``ExportError``, `FileError`, `WeightsError` or `TokenizerError`; nothing is left behind
  ///   then.
  /// - Complexity: Constant memory; time as one replay of all weights.
  public func export(
    coefficients: Coefficients, basis: SeedBasis, to path: String,
    elementType: ElementType = .f32, onProgress: @Sendable (Int) -> Void = { _ in }
  ) throws {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw ExportError.exists(path: path)
    }
    let weights = combined(coefficients, basis)
    // With a slash at its end too, so that it never becomes a folder of that name.
    if path.lowercased().reversed().drop(while: { $0 == "/" }).starts(with: "fugg.") {
      return try writeGGUF(weights, to: path, as: elementType, onProgress)
    }
    guard elementType.isStorable, elementType.safetensorsName != nil else {
      throw ExportError.unsupportedType(path: path, elementType)
    }
    if path.hasSuffix(".safetensors") {
      try write(weights, to: path, as: elementType, onProgress)
    } else {
      try writeFolder(weights, to: path, as: elementType, onProgress)
    }
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
