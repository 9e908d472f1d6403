public import FineTuning
internal import Kernels
public import SeedBasis

internal import Foundation

/// The models that benchmarks run on.
public enum Models {
  /// The root of the repository, by the place of this file.
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// SmolLM2-135M if `scripts/fetch-model` has fetched it, else the generated tiny Llama.
  public static var path: String {
    let fetched = "\(root)/Models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileManager.default.fileExists(atPath: fetched) ? fetched : tinyPath
  }

  /// The generated tiny Llama, which every checkout has.
  public static let tinyPath = "\(root)/Models/tiny-llama"

  /// Opens the model at ``path``.
  public static func open(threads: Int) throws -> LoadedModel {
    try LoadedModel.open(path: path, context: ComputeContext(threads: Threads(threads)))
  }
}

extension SeedBasis {
  /// The basis of `kind` that every benchmark uses.
  public static func benchmark(_ kind: BasisKind, candidates: Int = 4096) throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: 7, candidateCount: candidates)
  }
}

extension Coefficients {
  /// Coefficients none of which is zero, of the size they have after some tuning.
  public static func benchmark(candidates: Int = 4096) throws -> Coefficients {
    try Coefficients((0..<candidates).map { Float(($0 % 13) - 6) * 1e-6 + 1e-7 })
  }
}
