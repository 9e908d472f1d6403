import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Each family as files of another form")
struct FamilyExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let models = RealInputs.model("tiny-families") ?? ""

  private static func names(with file: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: models)) ?? [])
      .filter { FileManager.default.fileExists(atPath: "\(models)/\($0)/\(file)") }.sorted()
  }

  private func open(_ path: String) throws -> LoadedModel {
    try LoadedModel.open(path: path, context: ComputeContext(threads: Threads(2)))
  }

  /// Exports the base itself and returns the result.
  private func export(_ base: LoadedModel, _ name: String) throws -> LoadedModel {
    let path = folder.path + "/" + name
    let basis = try SeedBasis(kind: .hadamard, seed: 1, candidateCount: 16)
    try base.export(coefficients: Coefficients(candidateCount: 16), basis: basis, to: path)
    return try open(path)
  }

  /// Expects all weights to be the same, of norms that files hold plus 1 up to its rounding.
  private func expectSame(_ one: LoadedModel, _ other: LoadedModel) {
    #expect(one.store.parameters == other.store.parameters)
    let isExact = one.model.configuration.norm != .rmsPlusOne
    let pairs = zip(ExplicitWeights(one.store).elements, ExplicitWeights(other.store).elements)
    // Elements below 3, plus 1: half an ulp of 4 each way.
    #expect(pairs.allSatisfy { isExact ? $0 == $1 : abs($0 - $1) <= 0x1p-21 })
  }

  /// What GGUF files cannot say, and of what.
  private static let beyondGGUF = [
    "opt": "architecture is 'OPTForCausalLM'", "mistral": "sliding_window",
    "qwen2": "sliding_window",
    "starcoder2": "sliding_window", "gemma2": "attention scale", "gemma3": "attention scale",
    "phi3-longrope": "rotary embedding", "gptneox-sequential": "biases",
  ]

  @Test(
    "as a GGUF file, or a refusal that says what it cannot hold",
    arguments: names(with: "config.json"))
  func gguf(name: String) throws {
    let base = try open("\(Self.models)/\(name)")
    guard let reason = Self.beyondGGUF[name] else {
      let copy = try export(base, "copy.gguf")
      expectSame(base, copy)
      return expectSame(copy, try export(copy, "again.gguf"))
    }
    let error = #expect(throws: ModelError.self) { try export(base, "copy.gguf") }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("a GGUF file as a folder", arguments: names(with: "model.gguf"))
  func folders(name: String) throws {
    let base = try open("\(Self.models)/\(name)/model.gguf")
    // Divisors of no published kind have no words in config.json.
    guard ["llama", "phi3-longrope"].contains(name) else {
      return expectSame(base, try export(base, "copy"))
    }
    let error = #expect(throws: ModelError.self) { try export(base, "copy") }
    #expect(error?.description.contains("RoPE scaling") == true)
  }

  @Test("whole numbers of floating point stay such, which transformers refuses otherwise")
  func floats() throws {
    _ = try export(try open("\(Self.models)/gemma2/model.gguf"), "copy")
    let text = try String(contentsOfFile: folder.path + "/copy/config.json", encoding: .utf8)
    #expect(text.contains(/"final_logit_softcapping": \d+\.\d/))
  }
}
