import Bytes
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Hugging Face folders")
struct HuggingFaceFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func tensor(_ name: String, byteCount: Int = 8) -> [UInt8] {
    safetensors("{\(entry(name, "F32", "[\(byteCount / 4)]", 0, byteCount))}", byteCount)
  }

  /// Two shards; the second has the head.
  private func writeShards(config: String, map: String? = nil) throws {
    _ = try folder.write(config, as: "config.json")
    _ = try folder.write(tensor("model.norm.weight"), as: "a.safetensors")
    _ = try folder.write(tensor("lm_head.weight"), as: "b.safetensors")
    let map =
      map ?? "{\"model.norm.weight\":\"a.safetensors\",\"lm_head.weight\":\"b.safetensors\"}"
    _ = try folder.write("{\"weight_map\":\(map)}", as: "model.safetensors.index.json")
  }

  private func failure() -> String {
    let error = #expect(throws: WeightsError.self) { try WeightStore.open(path: folder.path) }
    return error?.description ?? ""
  }

  @Test("Shards are one model")
  func joinsShards() throws {
    try writeShards(config: "{}")
    let store = try WeightStore.open(path: folder.path)
    #expect(store.parameters.parameters.map(\.name) == ["lm_head.weight", "model.norm.weight"])
    #expect(store.format == .safetensors && store.files.count == 2)
  }

  @Test("A tied head is no parameter, though it is stored")
  func dropsTiedHead() throws {
    try writeShards(config: "{\"tie_word_embeddings\": true}")
    let store = try WeightStore.open(path: folder.path)
    #expect(store.parameters.parameters.map(\.name) == ["model.norm.weight"])
    #expect(store.excluded.map(\.name) == ["lm_head.weight"])
  }

  @Test("The configuration and the tokenizer's path are at hand")
  func readsMetadata() throws {
    _ = try folder.write("{\"hidden_size\": 64, \"rms_norm_eps\": 1e-05}", as: "config.json")
    _ = try folder.write("{}", as: "tokenizer.json")
    guard case .huggingFace(let metadata) = try ModelMetadata.read(path: folder.path) else {
      Issue.record("not a folder")
      return
    }
    #expect(metadata.configuration["hidden_size"]?.integer == 64)
    #expect(metadata.configuration["rms_norm_eps"]?.double == 1e-5)
    #expect(metadata.tokenizerPath == folder.path + "/tokenizer.json")
    #expect(metadata.tokenizerConfigurationPath == nil)
  }

  @Test(
    "A shard outside the folder, or none, is refused",
    arguments: [
      "{\"a\":\"../a.safetensors\"}", "{\"a\":\"/etc/passwd\"}", "{\"a\":1}", "{}", "[]",
      "{\"a\":\"config.json\"}",
    ])
  func refusesIndex(map: String) throws {
    try writeShards(config: "{}", map: map)
    #expect(failure().contains("weight_map"))
    #expect(!failure().contains("something else"))
  }

  @Test("A path for a shard is shown, with the tensor that has it")
  func namesShard() throws {
    try writeShards(config: "{}", map: "{\"a\":\"../a.safetensors\"}")
    #expect(failure().contains("weight_map, \"a\": found \"../a.safetensors\", expected"))
  }

  @Test("A shard that is not there is refused by its name")
  func refusesMissingShard() throws {
    try writeShards(config: "{}", map: "{\"a\":\"c.safetensors\"}")
    #expect(failure().contains("c.safetensors\": No such file"))
  }

  @Test("A tensor in two shards is refused")
  func refusesDuplicates() throws {
    try writeShards(config: "{}")
    _ = try folder.write(tensor("model.norm.weight"), as: "b.safetensors")
    #expect(failure().contains("the name also in"))
  }

  @Test(
    "Parameters that are no vector or matrix of floats are refused",
    arguments: [
      ("I64", "[1]"), ("F32", "[2,1,1]"), ("F32", "[2,0]"), ("F64", "[1]"), ("F64", "[]"),
    ])
  func refusesShapes(type: String, shape: String) throws {
    _ = try folder.write("{}", as: "config.json")
    let byteCount = shape == "[2,0]" ? 0 : 8
    let header = "{\(entry("model.norm.weight", type, shape, 0, byteCount))}"
    _ = try folder.write(safetensors(header, byteCount), as: "model.safetensors")
    #expect(failure().contains("\"model.norm.weight\""))
  }

  @Test("An index that is of other files is refused by the tensor")
  func refusesOtherIndex() throws {
    let a = "\"model.norm.weight\":\"a.safetensors\""
    try writeShards(config: "{}", map: "{\(a),\"lm_head.weight\":\"a.safetensors\"}")
    #expect(failure().contains("\"lm_head.weight\": found in no file"))
    let b = "\"lm_head.weight\":\"b.safetensors\""
    try writeShards(config: "{}", map: "{\(a),\(b),\"x\":\"b.safetensors\"}")
    #expect(failure().contains("\"x\": found in no file"))
    try writeShards(
      config: "{}", map: "{\"model.norm.weight\":\"b.safetensors\",\(b),\"lm\":\"a.safetensors\"}")
    #expect(failure().contains("\"lm\": found in no file"))
    _ = try folder.write(
      safetensors(
        "{\(entry("model.norm.weight", "F32", "[1]", 0, 4)),\(entry("y", "F32", "[1]", 4, 8))}", 8),
      as: "a.safetensors")
    try? writeIndex("{\(a),\(b)}")
    #expect(failure().contains("\"y\": found only in a file, not in the index"))
  }

  private func writeIndex(_ map: String) throws {
    _ = try folder.write("{\"weight_map\":\(map)}", as: "model.safetensors.index.json")
  }

  @Test(
    "Packed weights are refused with the name of what to fetch",
    arguments: [
      ("{\"quantization_config\":{\"quant_method\":\"gptq\"}}", "F32", "\"gptq\""),
      ("{\"quantization_config\":{\"bits\":4}}", "F32", "an object"),
      ("{\"quantization_config\":null}", "F8_E4M3", "FP8"),
      ("{}", "F8_E5M2", "dequantised"), ("{}", "I32", "qweight"),
    ])
  func refusesPacked(config: String, type: String, mention: String) throws {
    _ = try folder.write(config, as: "config.json")
    let size = type.hasPrefix("F8") ? 8 : 2
    let header = "{\(entry("model.layers.0.qweight", type, "[\(size)]", 0, 8))}"
    _ = try folder.write(safetensors(header, 8), as: "model.safetensors")
    #expect(failure().contains(mention) && failure().contains("dequantised"), "\(failure())")
  }

  @Test("A folder without weights, or with a list for a configuration, is refused")
  func refusesIncompleteFolders() throws {
    _ = try folder.write("{}", as: "config.json")
    #expect(failure().contains("model.safetensors.index.json"))
    _ = try folder.write("[]", as: "config.json")
    #expect(failure().contains("config.json"))
  }
}

private let storiesPath = RealInputs.shared("stories260K-hf")

@Suite(
  "stories260K in a folder",
  .enabled(
    if: RealInputs.isPresent(storiesPath, RealInputs.noSharedData), "\(RealInputs.noSharedData)"))
struct StoriesTests {
  @Test("All tensors are there, the head tied")
  func hasAllTensors() throws {
    let store = try WeightStore.open(path: try #require(storiesPath))
    #expect(store.parameters.count == 5 * 9 + 2)
    let embedding = try #require(store.parameters.index(of: "model.embed_tokens.weight"))
    #expect(store.parameters[embedding].shape == [512, 64])
    // From the Python package safetensors: sha256 of load_file(…)[name].numpy().tobytes().
    #expect(
      hashOfValues(store, embedding)
        == "452158377d2f8703b5b38935f894b628d3c7e2ac26bc167bfbfc68655dfe2c8a")
  }
}
