import Bytes
import Foundation
import Testing
import Weights

@Suite("What a path names")
struct ModelLocationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func failure(_ name: String) -> String {
    let error = #expect(throws: WeightsError.self) {
      try WeightStore.open(path: folder.path + "/" + name)
    }
    return error?.description ?? ""
  }

  private func writeModel(weights: String = "model.safetensors") throws {
    _ = try folder.write("{}", as: "config.json")
    let header = "{\(entry("model.norm.weight", "F32", "[2]", 0, 8))}"
    _ = try folder.write(safetensors(header, 8), as: weights)
  }

  @Test(
    "A file of a folder stands for its model, which is said",
    arguments: ["config.json", "model.safetensors"])
  func takesFolder(name: String) throws {
    try writeModel()
    let store = try WeightStore.open(path: folder.path + "/" + name)
    #expect(store.path == folder.path && store.format == .safetensors)
    #expect(store.note?.contains(name) == true)
    #expect(try WeightStore.open(path: folder.path).note == nil)
  }

  @Test("The one GGUF model in a folder is taken, which is said", arguments: [true, false])
  func takesGGUF(besideConfiguration: Bool) throws {
    if besideConfiguration { _ = try folder.write("{}", as: "config.json") }
    _ = try folder.write(GGUFBuilder.small().bytes, as: "m.gguf")
    _ = try folder.write(GGUFBuilder.small().bytes, as: "mmproj-m.gguf")
    let store = try WeightStore.open(path: folder.path)
    #expect(store.format == .gguf && store.note?.contains("m.gguf") == true)
  }

  @Test("A GGUF file is one under any name, such as a blob of Ollama")
  func readsBlobs() throws {
    let path = try folder.write(GGUFBuilder.small().bytes, as: "sha256-00ff")
    #expect(try WeightStore.open(path: path).format == .gguf)
  }

  @Test(
    "What is no model is said, and what to do",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
      ("<!DOCTYPE html>", "web page"), ("PK\u{3}\u{4}", "save_pretrained"),
      ("hello", "give a GGUF file"), ("{\"a\": 1}", "give the folder"),
      ("\u{10}\0\0\0\0\0\0\0{}", "config.json"), ("BZh91AY", "unpack"),
      (
        "{\"layers\": [{\"mediaType\": \"application/vnd.ollama.image.model\", \"digest\": \"sha256:ab\"}]}",
        "sha256-ab"
      ), ("", "empty"),
    ])
  func refusesFiles(text: String, mention: String) throws {
    _ = try folder.write(text, as: "file.bin")
    #expect(failure("file.bin").contains(mention), "\(failure("file.bin"))")
  }

  @Test(
    "So it is of a folder",
    arguments: [
      (["a.gguf", "b.gguf"], "2 GGUF files"), (["adapter_config.json"], "merge_and_unload"),
      (["params.json"], "in the form of transformers"), (["blobs", "manifests"], "ollama show"),
      (["config.json", "pytorch_model.bin"], "save_pretrained"),
      (["config.json", "model-00001-of-00002.safetensors"], "the index of the shards"),
      (["README.md"], "config.json"),
    ])
  func refusesFolders(names: [String], mention: String) throws {
    for name in names { _ = try folder.write("{}", as: name) }
    #expect(failure("").contains(mention), "\(failure(""))")
  }

  @Test("The one revision in the cache of the hub is taken, which is said")
  func takesSnapshot() throws {
    let snapshot = folder.path + "/snapshots/0a1b"
    try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
    try writeModel()
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.moveItem(
        atPath: folder.path + "/" + name, toPath: snapshot + "/" + name)
    }
    let store = try WeightStore.open(path: folder.path)
    #expect(store.path == snapshot && store.note?.contains("0a1b") == true)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/snapshots/2c3d", withIntermediateDirectories: true)
    #expect(failure("").contains("give the folder inside of 'snapshots'"))
  }

  @Test("Weights beside a configuration, under another name, may be its own")
  func refusesOtherName() throws {
    try writeModel(weights: "tuned.safetensors")
    #expect(failure("tuned.safetensors").contains("name it model.safetensors"))
  }

  @Test(
    "The name of a model on the hub is told from a path",
    arguments: ["org/name", "https://huggingface.co/org/name"])
  func recognisesHub(name: String) {
    let error = #expect(throws: WeightsError.self) { try WeightStore.open(path: name) }
    #expect(error?.description.contains("hf download org/name --local-dir name") == true)
    let other = #expect(throws: WeightsError.self) { try WeightStore.open(path: "llama3.2:1b") }
    #expect(other?.description.contains("ollama show --modelfile llama3.2:1b") == true)
    for path in ["/a/b", "a/b.gguf"] {
      #expect(throws: WeightsError.file(FileError(path: path, operation: .open, code: ENOENT))) {
        try WeightStore.open(path: path)
      }
    }
  }
}
