import Bytes
import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Tuned models as files")
struct ExportTests {
  private let folder: TemporaryFolder
  private let base: LoadedModel

  init() throws {
    folder = try TemporaryFolder()
    base = try .tiny()
  }

  private var coefficients: Coefficients {
    get throws { try Coefficients((0..<16).map { Float(($0 * 7) % 16 - 8) * 3e-4 }) }
  }

  private func basis(_ kind: BasisKind) throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: 11, candidateCount: 16)
  }

  /// Exports to `name`, and returns the path.
  private func export(
    _ name: String, _ kind: BasisKind = .hadamard, type: ElementType = .f32,
    base: LoadedModel? = nil
  ) throws -> String {
    let path = folder.path + "/" + name
    try (base ?? self.base).export(
      coefficients: coefficients, basis: basis(kind), to: path, elementType: type)
    return path
  }

  /// Returns the weights in the folder at `path`.
  private func weights(_ path: String) throws -> [Float] {
    ExplicitWeights(try WeightStore.open(path: path)).elements
  }

  @Test(
    "f32 keeps every bit of w(A), which is the sum of the definition",
    arguments: BasisKind.allCases)
  func values(kind: BasisKind) throws {
    let found = try weights(export("tuned", kind))
    let combined = CombinedWeights(
      base: base.store, basis: try basis(kind), coefficients: try coefficients)
    #expect(found.map(\.bitPattern) == ExplicitWeights(combined).elements.map(\.bitPattern))

    let exact = try basis(kind).moved(base.store, coefficients).elements
    let originals = ExplicitWeights(base.store).elements
    // A sum of 17 terms has 16 roundings of partial sums, and 16 of products, each of at most half an
    // ulp of the sum of the magnitudes: |A_k z_k| < 2.4e-3 · 6 for normals.
    let tolerance = 32 * Float.ulpOfOne / 2 * (16 * 2.4e-3 * 6)
    let wrong = found.indices.filter {
      abs(found[$0] - exact[$0]) > tolerance + 17 * originals[$0].ulp
    }
    #expect(wrong.isEmpty && found != originals)
  }

  @Test("biases move along every direction, like all other weights", arguments: BasisKind.allCases)
  func biases(kind: BasisKind) throws {
    let base = try LoadedModel.tiny("/../tiny-qwen2")
    // One coefficient alone: signs of several can cancel.
    let coefficients = try Coefficients((0..<16).map { $0 == 3 ? 0.01 : 0 })
    let combined = CombinedWeights(
      base: base.store, basis: try basis(kind), coefficients: coefficients)
    let (moved, original) = (ExplicitWeights(combined), ExplicitWeights(base.store))
    let names = base.store.parameters.parameters.map(\.name)
    let places = names.indices.filter { names[$0].hasSuffix("_proj.bias") }
    #expect(places.count == 6)
    for place in places {
      let pairs = zip(moved.tensors[place].elements, original.tensors[place].elements)
      #expect(pairs.allSatisfy { $0 != $1 }, "\(names[place])")
    }
  }

  @Test("one direction of signs moves every weight by one rounding")
  func oneDirection() throws {
    let basis = try basis(.rademacher)
    let coefficients = try Coefficients([0, 0, 0.01])
    let path = folder.path + "/tuned"
    try base.export(
      coefficients: coefficients,
      basis: SeedBasis(kind: .rademacher, seed: basis.seed, candidateCount: 3), to: path)
    let expected = basis.moved(
      base.store, try Coefficients([0, 0, 0.01] + [Float](repeating: 0, count: 13)))
    #expect(try weights(path).map(\.bitPattern) == expected.elements.map(\.bitPattern))
  }

  @Test("bf16 rounds every weight once, to nearest, ties to even")
  func bfloat16() throws {
    let exact = try weights(export("f32"))
    let rounded = try weights(export("bf16", type: .bf16))
    let expected = exact.map { value -> UInt32 in
      let bits = value.bitPattern
      return (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000
    }
    #expect(rounded.map(\.bitPattern) == expected)
    #expect(rounded != exact)
  }

  @Test(
    "a folder opens as the tuned model: configuration, tokenizer and the losses of w(A)",
    arguments: ["", "/untied-bf16", "/../tiny-qwen2"], ["tuned", "tuned/", "tuned//"])
  func roundTrip(variant: String, name: String) throws {
    let base = try LoadedModel.tiny(variant)
    let path = try export(name, base: base)
    let tuned = try LoadedModel.open(
      path: path, context: ComputeContext(threads: Threads(2)))
    #expect(tuned.model.configuration == base.model.configuration)
    let examples = try Tasks.encoded(base)
    #expect(try Tasks.encoded(tuned) == examples)
    let expected = try base.score(
      examples, weights: base.tuned(by: coefficients, of: basis(.hadamard)))
    #expect(try tuned.score(examples, weights: tuned.store) == expected)
    #expect(try base.score(examples, weights: base.store) != expected)
    #expect(try folder.names() == ["tuned"])
  }

  @Test("a name that ends in .safetensors becomes one file with the same tensors")
  func singleFile() throws {
    let file = try export("tuned.safetensors")
    let other = try export("tuned")
    let contents = try [file, other + "/model.safetensors"].map {
      try Data(contentsOf: URL(filePath: $0))
    }
    #expect(contents[0] == contents[1])
    #expect(try folder.names() == ["tuned", "tuned.safetensors"])
  }

  @Test("the number of threads changes no byte", arguments: [1, 3])
  func threads(count: Int) throws {
    let files = [
      try export("a.safetensors"),
      try export("b.safetensors", base: .tiny(threads: count)),
    ]
    let contents = try files.map { try Data(contentsOf: URL(filePath: $0)) }
    #expect(contents[0] == contents[1])
  }

  @Test("what exists is not touched", arguments: ["tuned", "tuned.safetensors"])
  func existing(name: String) throws {
    let path = folder.path + "/" + name
    try Data("mine".utf8).write(to: URL(filePath: path))
    #expect(throws: ExportError.exists(path: path)) { try export(name) }
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
    #expect(try folder.names() == [name])
  }

  @Test(
    "where nothing can be written, an error says so and nothing is left behind",
    arguments: [
      "missing/tuned", "missing/tuned.safetensors", "file/tuned", "file/tuned.safetensors",
    ])
  func unwritable(name: String) throws {
    try Data().write(to: URL(filePath: folder.path + "/file"))
    let error = #expect(throws: (any Error).self) { try export(name) }
    #expect(error is ExportError || error is FileError)
    #expect("\(try #require(error))".contains(folder.path + "/" + name), "\(error as Any)")
    #expect(try folder.names() == ["file"])
  }

  @Test("a tokenizer that cannot be read leaves nothing behind")
  func unreadableTokenizer() throws {
    let source = try TemporaryFolder(linkingTo: "")
    try FileManager.default.createDirectory(
      atPath: source.path + "/special_tokens_map.json", withIntermediateDirectories: false)
    let linked = try LoadedModel.open(
      path: source.path, context: ComputeContext(threads: Threads(1)))
    #expect(throws: ExportError.self) { try export("tuned", base: linked) }
    #expect(try folder.names() == [])
  }

  @Test("files that are links in the base, as in the hub's cache, become files")
  func links() throws {
    var source: TemporaryFolder? = try TemporaryFolder(linkingTo: "")
    let linked = try LoadedModel.open(
      path: #require(source).path, context: ComputeContext(threads: Threads(1)))
    let path = try export("tuned", base: linked)
    source = nil
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    #expect(
      names == [
        "config.json", "expected.json", "gradients.json", "model.safetensors", "tokenizer.json",
      ])
    let types = try names.map {
      try FileManager.default.attributesOfItem(atPath: path + "/" + $0)[.type] as? FileAttributeType
    }
    #expect(types.allSatisfy { $0 == .typeRegular })
  }

  @Test("what a folder has besides its weights comes along, byte for byte")
  func carriesOn() throws {
    let source = try TemporaryFolder(linkingTo: "")
    let others = [
      "chat_template.jinja": "{{ messages }}",
      "generation_config.json": #"{"eos_token_id": [2, 16]}"#,
      "added_tokens.json": "{}", "merges.txt": "", "tokenizer.model": "\0", "LICENSE": "free",
    ]
    let weights = ["pytorch_model.bin", "x.gguf", "model.safetensors.index.json", ".gitattributes"]
    for (name, text) in others.merging(weights.map { ($0, "") }, uniquingKeysWith: { $1 }) {
      try Data(text.utf8).write(to: URL(filePath: source.path + "/" + name))
    }
    try FileManager.default.createDirectory(
      atPath: source.path + "/additional_chat_templates", withIntermediateDirectories: false)
    try Data("{{ tools }}".utf8).write(
      to: URL(filePath: source.path + "/additional_chat_templates/tool_use.jinja"))
    let linked = try LoadedModel.open(
      path: source.path, context: ComputeContext(threads: Threads(1)))
    let path = try export("tuned", base: linked)
    for (name, text) in others {
      #expect(try Data(contentsOf: URL(filePath: path + "/" + name)) == Data(text.utf8), "\(name)")
    }
    let found = Set(try FileManager.default.contentsOfDirectory(atPath: path))
    #expect(found.isDisjoint(with: weights) && found.contains("additional_chat_templates"))
  }

  @Test("of the configuration only the type of the weights changes")
  func keepsConfiguration() throws {
    let source = try TemporaryFolder(linkingTo: "")
    let original = try String(contentsOfFile: source.path + "/config.json", encoding: .utf8)
    let own = original.replacing("\"vocab_size\"", with: "\"my_key\": [1e-05, 1.0], \"vocab_size\"")
    try FileManager.default.removeItem(atPath: source.path + "/config.json")
    try Data(own.utf8).write(to: URL(filePath: source.path + "/config.json"))
    let base = try LoadedModel.open(path: source.path, context: ComputeContext(threads: Threads(1)))
    let path = try export("tuned", type: .bf16, base: base)
    let tuned = try String(contentsOfFile: path + "/config.json", encoding: .utf8)
    #expect(own.contains("\"torch_dtype\": \"float32\""))
    #expect(tuned == own.replacing("\"float32\"", with: "\"bfloat16\""))
  }
}
