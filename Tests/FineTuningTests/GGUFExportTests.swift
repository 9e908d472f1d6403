import Bytes
import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import Tensors
import TestSupport
import Testing
import Tokenizers
import Weights

@Suite("Tuned models as GGUF files")
struct GGUFExportTests {
  private let folder: TemporaryFolder
  private let coefficients: Coefficients
  private let basis: SeedBasis

  init() throws {
    folder = try TemporaryFolder()
    coefficients = try Coefficients((0..<16).map { Float(($0 * 7) % 16 - 8) * 3e-4 })
    basis = try SeedBasis(kind: .hadamard, seed: 11, candidateCount: 16)
  }

  private func export(
    _ base: LoadedModel, _ name: String = "tuned.gguf", type: ElementType = .f32
  ) throws -> String {
    let path = folder.path + "/" + name
    try base.export(
      coefficients: coefficients, basis: basis, to: path, elementType: type)
    return path
  }

  private func bits(_ source: any WeightSource) -> [UInt32] {
    ExplicitWeights(source).elements.map(\.bitPattern)
  }

  private static let models = ["", "/untied-bf16", "/../tiny-qwen2"]

  @Test(
    "f32 keeps every bit of w(A), the configuration, the tokenizer and the losses",
    arguments: models)
  func roundTrip(variant: String) throws {
    let base = try LoadedModel.tiny(variant)
    let tuned = try LoadedModel.open(
      path: export(base), context: ComputeContext(threads: Threads(2)))
    #expect(tuned.store.format == .gguf && tuned.model.configuration == base.model.configuration)
    let weights = CombinedWeights(base: base.store, basis: basis, coefficients: coefficients)
    #expect(tuned.store.parameters == base.store.parameters)
    #expect(bits(tuned.store) == bits(weights))
    let examples = try Tasks.encoded(base)
    #expect(try Tasks.encoded(tuned) == examples)
    let expected = try base.score(examples, weights: base.tuned(by: coefficients, of: basis))
    #expect(try tuned.score(examples, weights: tuned.store) == expected)
    #expect(try tuned.tokenizer.endToken == base.tokenizer.endToken)
    #expect(try tuned.tokenizer.beginToken == base.tokenizer.beginToken)
    #expect(try folder.names() == ["tuned.gguf"])
  }

  @Test(
    "f16 and bf16 are those of a folder, but vectors keep f32", arguments: [ElementType.f16, .bf16])
  func rounded(type: ElementType) throws {
    let base = try LoadedModel.tiny()
    let file = try WeightStore.open(path: export(base, type: type))
    let other = try WeightStore.open(path: export(base, "folder", type: type))
    let exact = CombinedWeights(base: base.store, basis: basis, coefficients: coefficients)
    for (tensor, parameter) in file.parameters.parameters.enumerated() {
      let isVector = parameter.shape.count == 1
      let sources: [any WeightSource] = [file, isVector ? exact : other]
      let values = sources.map { ExplicitWeights($0).tensors[tensor].elements.map(\.bitPattern) }
      #expect(values[0] == values[1] && file.view(of: tensor).type == (isVector ? .f32 : type))
    }
  }

  @Test("Q8_0 is within half a step of each block's largest weight")
  func quantized() throws {
    let base = try LoadedModel.tiny()
    let found = ExplicitWeights(try WeightStore.open(path: export(base, type: .q8_0)))
    let exact = ExplicitWeights(
      CombinedWeights(base: base.store, basis: basis, coefficients: coefficients))
    for (tensor, parameter) in found.parameters.parameters.enumerated()
    where parameter.shape.count == 2 {
      let (a, b) = (found.tensors[tensor].elements, exact.tensors[tensor].elements)
      for start in stride(from: 0, to: b.count, by: 32) {
        let block = start..<start + 32
        let largest = block.map { abs(b[$0]) }.max() ?? 0
        // Half a step of a 127th, and the 11 bits of the binary16 scale.
        let tolerance = largest * (0.5 / 127 + 1 / 2048)
        #expect(block.allSatisfy { abs(a[$0] - b[$0]) <= tolerance })
      }
    }
  }

  @Test("a GGUF base is carried on: every key, in its order, but the type of the file")
  func carriesOn() throws {
    let base = try LoadedModel.tiny("/untied-bf16")
    let first = try export(base, "first.gguf", type: .bf16)
    let source = try LoadedModel.open(path: first, context: ComputeContext(threads: Threads(2)))
    let second = try LoadedModel.open(
      path: export(source), context: ComputeContext(threads: Threads(2)))
    guard case .gguf(let old) = source.store.metadata, case .gguf(let new) = second.store.metadata
    else { return }
    #expect(new.fields.map(\.key) == old.fields.map(\.key))
    #expect(old.integer("general.file_type") == 32 && new.integer("general.file_type") == 0)
    #expect(
      old.string("general.name") == "untied-bf16" && new.string("general.name") == "untied-bf16")
    #expect(new.array("tokenizer.ggml.tokens")?.count == 384)
    #expect(
      bits(second.store)
        == bits(
          CombinedWeights(base: source.store, basis: basis, coefficients: coefficients)))
  }

  @Test("the chat template of a folder is carried on, wherever it is", arguments: [true, false])
  func chatTemplate(isFile: Bool) throws {
    let source = try TemporaryFolder(linkingTo: "")
    let template = "{% for message in messages %}é{% endfor %}"
    if isFile {
      try Data(template.utf8).write(to: URL(filePath: source.path + "/chat_template.jinja"))
    } else {
      let json = try JSONSerialization.data(withJSONObject: ["chat_template": template])
      try json.write(to: URL(filePath: source.path + "/tokenizer_config.json"))
    }
    let base = try LoadedModel.open(path: source.path, context: ComputeContext(threads: Threads(1)))
    guard case .gguf(let metadata) = try WeightStore.open(path: export(base)).metadata else {
      return
    }
    #expect(metadata.string("tokenizer.chat_template") == template)
    let copy = try export(base, "copy")
    #expect(FileManager.default.fileExists(atPath: copy + "/chat_template.jinja") == isFile)
  }

  @Test("all end tokens, the padding token and further templates are carried on, there and back")
  func specialTokens() throws {
    let source = try TemporaryFolder(linkingTo: "")
    let templates = [["name": "default", "template": "a"], ["name": "tool_use", "template": "b"]]
    for (name, object) in [
      "generation_config.json": ["eos_token_id": [2, 16, 17], "pad_token_id": 0],
      "tokenizer_config.json": ["chat_template": templates],
    ] as [String: Any] {
      let json = try JSONSerialization.data(withJSONObject: object)
      try json.write(to: URL(filePath: source.path + "/" + name))
    }
    let base = try LoadedModel.open(path: source.path, context: ComputeContext(threads: Threads(1)))
    let file = try LoadedModel.open(
      path: export(base), context: ComputeContext(threads: Threads(1)))
    guard case .gguf(let metadata) = file.store.metadata else { return }
    let keys = ["eos", "eot", "eom", "padding"].map { "tokenizer.ggml.\($0)_token_id" }
    #expect(keys.map(metadata.integer) == [2, 16, 17, 0])
    #expect(metadata.string("tokenizer.chat_template") == "a")
    #expect(metadata.string("tokenizer.chat_template.tool_use") == "b")
    let folder = try export(file, "folder")
    let generation = try HuggingFaceMetadata.object(folder + "/generation_config.json")
    let configuration = try HuggingFaceMetadata.object(folder + "/config.json")
    for file in [generation, configuration] {
      #expect(file["eos_token_id"]?.array?.map(\.integer) == [2, 16, 17])
      #expect(file["pad_token_id"]?.integer == 0)
    }
    let tokenizer = try HuggingFaceMetadata.object(folder + "/tokenizer_config.json")
    #expect(tokenizer["chat_template"]?.array?.map { $0["template"]?.string } == ["a", "b"])
    #expect(tokenizer["pad_token"]?.string != nil)
  }

  @Test(
    "what cannot be is refused with what can, and no folder is made in its place",
    arguments: [
      ("x.safetensors", ElementType.q8_0), ("folder", .q8_0), ("x.safetensors", .q4_1),
    ])
  func refusesType(name: String, type: ElementType) throws {
    let path = folder.path + "/" + name
    let error = #expect(throws: ExportError.self) { try export(.tiny(), name, type: type) }
    #expect(error == .unsupportedType(path: path, type))
    #expect(error?.description.contains("choose f32, f16, bf16 or a path") == true)
    #expect(try folder.names() == [])
  }

  @Test(
    "a path like a folder's never becomes a folder of that name",
    arguments: ["x.gguf/", "X.GGUF//"])
  func slash(name: String) throws {
    #expect(throws: WeightsError.self) { try export(.tiny(), name) }
    #expect(try folder.names() == [])
  }
}
