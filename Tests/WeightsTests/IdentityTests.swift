import Bytes
import Foundation
import Tensors
import Testing
import Weights

@Suite("Identity")
struct IdentityTests {
  private let folder: TemporaryFolder
  private let cache: HashCache

  init() throws {
    folder = try TemporaryFolder()
    cache = HashCache(folder: folder.path + "/cache/fedkseed")
  }

  private func entryPath() throws -> String {
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: cache.folder).first)
    return cache.folder + "/" + name
  }

  @Test("SHA-256 of a file is FIPS 180-4's, across pieces of the stream")
  func hashesFiles() throws {
    let abc = try MappedFile(path: try folder.write("abc", as: "abc"))
    #expect(
      abc.sha256() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let million = [UInt8](repeating: 0x61, count: 1_000_000)
    let long = try MappedFile(path: try folder.write(million + million, as: "long"))
    // From sha256sum, of two million letters a.
    #expect(
      long.sha256() == "bcf7f9d1b4311c3352e60502255ce09a6744df84e8f2c89f79c4b5d74933a95a")
  }

  @Test("A GGUF file's identity is its hash; a folder's, that of its list of files")
  func identifies() throws {
    let path = try folder.write(GGUFBuilder.small().bytes, as: "small.gguf")
    let store = try WeightStore.open(path: path)
    #expect(store.identity(cache: nil) == store.files[0].sha256())

    _ = try folder.write("{}", as: "config.json")
    let tensors = safetensors("{\(entry("a", "F32", "[2]", 0, 8))}", 8)
    let file = try MappedFile(path: try folder.write(tensors, as: "model.safetensors"))
    let list = "model.safetensors \(file.sha256())\n"
    let listFile = try MappedFile(path: try folder.write(list, as: "list"))
    let identity = try WeightStore.open(path: folder.path).identity(cache: nil)
    #expect(identity == listFile.sha256())
  }

  @Test("A hash is kept, and forgotten when the file changes")
  func caches() throws {
    let path = try folder.write("abc", as: "file")
    let file = try MappedFile(path: path)
    #expect(cache.hash(of: file) == nil)
    let hash = String(repeating: "0", count: 64)
    cache.record(hash, of: file)
    #expect(cache.hash(of: try MappedFile(path: path)) == hash)
    let older = Date(timeIntervalSince1970: 1)
    try FileManager.default.setAttributes([.modificationDate: older], ofItemAtPath: path)
    #expect(cache.hash(of: try MappedFile(path: path)) == nil)
  }

  @Test("A damaged entry of the cache counts as absent", arguments: ["", "x", "\n\n\n", "\u{0}"])
  func ignoresDamage(tail: String) throws {
    let file = try MappedFile(path: try folder.write("abc", as: "file"))
    cache.record(String(repeating: "0", count: 64), of: file)
    let entry = try entryPath()
    let text = try String(contentsOfFile: entry, encoding: .utf8).dropLast(1) + tail
    try Data(text.utf8).write(to: URL(fileURLWithPath: entry))
    #expect(cache.hash(of: file) == nil)
  }

  @Test("A hash that has become another one in the cache counts as absent")
  func ignoresChangedHash() throws {
    let file = try MappedFile(path: try folder.write("abc", as: "file"))
    cache.record(String(repeating: "0", count: 64), of: file)
    let entry = try entryPath()
    let text = try String(contentsOfFile: entry, encoding: .utf8)
    let other = text.replacingOccurrences(
      of: String(repeating: "0", count: 64), with: String(repeating: "0", count: 63) + "1")
    try #require(other != text)
    try Data(other.utf8).write(to: URL(fileURLWithPath: entry))
    #expect(cache.hash(of: file) == nil)
  }

  @Test("The hash of names and shapes is that of the map's description")
  func hashesParameterMap() throws {
    let path = try folder.write(GGUFBuilder.small().bytes, as: "small.gguf")
    let store = try WeightStore.open(path: path)
    let text = try MappedFile(path: try folder.write(store.parameters.description, as: "map"))
    #expect(store.parameterMapHash == text.sha256())
  }
}
