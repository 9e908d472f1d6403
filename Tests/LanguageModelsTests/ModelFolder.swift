import Foundation
import LanguageModels
import TestSupport
import Weights

/// A folder with a model that is removed with its last reference.
final class ModelFolder: Sendable {
  let path = NSTemporaryDirectory() + "model-tests-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Returns the configuration of tiny-llama after its `config.json` was changed at `key`.
  ///
  /// - Parameter json: The new value as JSON text; empty leaves the key out.
  func configuration(setting key: String, to json: String) throws -> ModelConfiguration {
    let source = URL(filePath: RealInputs.tinyLlama + "/config.json")
    let original = try JSONSerialization.jsonObject(with: Data(contentsOf: source))
    var fields = original as? [String: Any] ?? [:]
    fields[key] = nil
    var text = String(
      decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
    // As text, so that numbers of any size get through.
    if !json.isEmpty { text = "{\"\(key)\":\(json)," + text.dropFirst() }
    try Data(text.utf8).write(to: URL(filePath: path + "/config.json"))
    let weights = path + "/model.safetensors"
    try? FileManager.default.removeItem(atPath: weights)
    try FileManager.default.createSymbolicLink(
      atPath: weights, withDestinationPath: RealInputs.tinyLlama + "/model.safetensors")
    return try ModelConfiguration(WeightStore.open(path: path))
  }

  /// Returns the configuration of a GGUF file that says `metadata` about itself.
  func configuration(_ metadata: [String: GGUFField]) throws -> ModelConfiguration {
    // An embedding of 5 tokens.
    try ModelConfiguration(WeightStore.open(path: gguf(metadata, tensor: "token_embd.weight")))
  }

  /// Writes a GGUF file of `metadata` and one tensor, a matrix of 8 columns, and returns its path.
  func gguf(
    _ metadata: [String: GGUFField], tensor: String, elements: [Float]? = nil
  ) throws -> String {
    var bytes = Array("GGUF".utf8) + little(UInt32(3)) + little(UInt64(1))
    bytes += little(UInt64(metadata.count))
    for (key, value) in metadata { bytes += string(key) + value.encoded }
    let sizes = elements.map { [$0.count] } ?? [8, 5]
    bytes += string(tensor) + little(UInt32(sizes.count)) + sizes.flatMap { little(UInt64($0)) }
    // In f32, at the start of the data.
    bytes += little(UInt32(0)) + little(UInt64(0))
    bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
    bytes += (elements ?? [Float](repeating: 0, count: 40)).flatMap { little($0.bitPattern) }
    let file = path + "/model.gguf"
    // A new file each time: one that changes under a mapping would change there too.
    try? FileManager.default.removeItem(atPath: file)
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }
}

/// A value of GGUF metadata.
enum GGUFField: Sendable {
  case integer(Int64)
  case float(Float)
  case text(String)

  /// The number of the type in the file, and the value.
  fileprivate var encoded: [UInt8] {
    switch self {
    case .integer(let value): little(UInt32(11)) + little(value)
    case .float(let value): little(UInt32(6)) + little(value.bitPattern)
    case .text(let value): little(UInt32(8)) + string(value)
    }
  }

  /// What a small valid model says.
  static let valid: [String: GGUFField] = [
    "general.architecture": .text("llama"), "llama.embedding_length": .integer(8),
    "llama.feed_forward_length": .integer(12), "llama.block_count": .integer(3),
    "llama.attention.head_count": .integer(4), "llama.attention.head_count_kv": .integer(2),
    "llama.context_length": .integer(64), "llama.rope.freq_base": .float(5000),
    "llama.attention.layer_norm_rms_epsilon": .float(1e-6),
  ]
}

private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

private func string(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + text.utf8 }
